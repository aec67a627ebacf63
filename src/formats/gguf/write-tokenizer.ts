import { z } from 'zod'
import { FormatError } from '../../errors'
import { parseJsonObject } from '../side-files'
import { preTokenizerName } from './pre-tokenizers'
import type { GgufValue } from './write'

/** What the model's files say of its special tokens. */
export interface SpecialTokens {
  readonly bos: number | null
  readonly eos: number | null
  readonly addsBos: boolean
  /** Rows of the embedding: ids that no token has are filled up. */
  readonly vocab: number
}

/** llama_token_type of llama.cpp. */
const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

const pair = z.union([z.string(), z.tuple([z.string(), z.string()]).transform((both) => both.join(' '))])
const tokenizerJson = z.object({
  model: z.object({
    type: z.literal('BPE'),
    vocab: z.record(z.string(), z.int().min(0)),
    merges: z.array(pair),
    byte_fallback: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    unk_token: z.string().nullish(),
  }),
  added_tokens: z.array(z.object({ id: z.int().min(0), content: z.string(), special: z.boolean() })).default([]),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
})
type TokenizerJson = z.infer<typeof tokenizerJson>

/**
 * The tokenizer as llama.cpp keeps it: byte-level BPE as 'gpt2' with its merges, SentencePiece's BPE as 'llama' with scores.
 * FormatError for every other kind: a file whose text falls into other tokens would only look like a model.
 */
export function tokenizerMetadata(
  files: ReadonlyMap<string, Uint8Array>,
  special: SpecialTokens,
): [string, GgufValue][] {
  const parsed = tokenizerJson.safeParse(parseJsonObject('tokenizer.json', files.get('tokenizer.json')!))
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new FormatError(
      `tokenizer.json: ${path.join('.')}: expected a BPE tokenizer, got '${message}' — llama.cpp cannot be given this one; save the packed file or the fp16 folder`,
    )
  }
  const json = parsed.data
  const fromSentencePiece = json.model.byte_fallback === true
  const tokens = listTokens(json, special.vocab)
  const unknown = json.model.unk_token === null ? undefined : json.model.vocab[json.model.unk_token ?? '']
  const ids = { bos: special.bos, eos: special.eos, unknown: unknown ?? null }
  return [
    ['tokenizer.ggml.model', text(fromSentencePiece ? 'llama' : 'gpt2')],
    ...(fromSentencePiece ? sentencePiece(json, tokens) : byteLevel(json)),
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens }],
    ['tokenizer.ggml.token_type', { type: 'i32s', value: kindsOf(json, tokens) }],
    ...Object.entries(ids).flatMap(([name, id]): [string, GgufValue][] =>
      id === null ? [] : [[`tokenizer.ggml.${name}_token_id`, { type: 'u32', value: id }]],
    ),
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: special.addsBos }],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: false }],
  ]
}

const text = (value: string): GgufValue => ({ type: 'string', value })

/** Byte-level tokens are kept as tokenizer.json spells them, and so are SentencePiece's. */
function listTokens({ model, added_tokens }: TokenizerJson, vocab: number): string[] {
  const tokens = Array.from({ length: vocab }, (_, id) => `[PAD${id}]`)
  const all = [
    ...Object.entries(model.vocab),
    ...added_tokens.map(({ id, content }): [string, number] => [content, id]),
  ]
  for (const [token, id] of all) {
    if (id >= vocab)
      throw new FormatError(
        `tokenizer.json: expected ids below ${vocab} as config.json says, got ${id} — use the tokenizer of this model`,
      )
    tokens[id] = token
  }
  return tokens
}

function kindsOf({ model, added_tokens }: TokenizerJson, tokens: readonly string[]): Int32Array {
  const isByte = (token: string) => model.byte_fallback === true && /^<0x[0-9A-F]{2}>$/.test(token)
  const known = new Set(Object.values(model.vocab))
  const found = Int32Array.from(tokens, (token, id) =>
    known.has(id) ? (isByte(token) ? kinds.byte : kinds.normal) : kinds.unused,
  )
  for (const { id, content, special } of added_tokens)
    found[id] = content === model.unk_token ? kinds.unknown : special ? kinds.control : kinds.userDefined
  return found
}

function byteLevel(json: TokenizerJson): [string, GgufValue][] {
  return [
    ['tokenizer.ggml.pre', text(preTokenizerName(json.pre_tokenizer, json.model.ignore_merges === true))],
    ['tokenizer.ggml.merges', { type: 'strings', value: json.model.merges }],
  ]
}

/** llama.cpp merges what makes the token of the highest score first: the first merge that makes a token decides. */
function sentencePiece(json: TokenizerJson, tokens: readonly string[]): [string, GgufValue][] {
  const rank = new Map<string, number>()
  json.model.merges.forEach((merge, i) => {
    const made = merge.replace(' ', '')
    if (!rank.has(made)) rank.set(made, i)
  })
  const scores = Float32Array.from(tokens, (token) => -(rank.get(token) ?? 0))
  return [
    ['tokenizer.ggml.pre', text('default')],
    ['tokenizer.ggml.scores', { type: 'f32s', value: scores }],
    ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: prependsSpace(json) }],
  ]
}

const step = z.object({
  type: z.string(),
  prepend_scheme: z.string().optional(),
  add_prefix_space: z.boolean().optional(),
})

/** Whether a text gets a space before it: by a normalizer, or by the pre-tokenizer of newer files. */
function prependsSpace({ normalizer, pre_tokenizer }: TokenizerJson): boolean {
  return [normalizer, pre_tokenizer].flatMap(stepsOf).some((entry) => {
    const { data } = step.safeParse(entry)
    if (data?.type === 'Prepend') return true
    return (
      data?.type === 'Metaspace' && (data.prepend_scheme ?? 'always') !== 'never' && data.add_prefix_space !== false
    )
  })
}

/** A normalizer or pre-tokenizer as the list of its steps. */
export function stepsOf(part: unknown): unknown[] {
  const { normalizers, pretokenizers } = (part ?? {}) as { normalizers?: unknown; pretokenizers?: unknown }
  const list = normalizers ?? pretokenizers
  return Array.isArray(list) ? list : part ? [part] : []
}

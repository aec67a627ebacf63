import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { FormatError } from '../errors'
import { parseJsonObject } from '../formats/side-files'
import { boundSteps, checkBounds } from './bounded-steps'
import { schemaError } from './description-error'
import { rememberWords } from './word-memory'
import { cutAtWords } from './word-split'

/** Text to token ids and back, by the model's own files. */
export interface Tokenizer {
  /** Token ids of the text; special tokens written in it are recognised, none is added unless `bos` asks for the first. */
  encode(text: string, options?: { bos?: boolean }): number[]
  /** Special tokens appear as they are written; ids that no token has are left out. */
  decode(ids: readonly number[]): string
  /** Every id is below this. */
  readonly vocab: number
  readonly bos: number | null
  /** Whether the model was trained with BOS before every text. */
  readonly addsBos: boolean
}

/**
 * Opens tokenizer.json with tokenizer_config.json and special_tokens_map.json beside it where they exist. FormatError
 * when tokenizer.json is missing, damaged or of a kind that the tokenizers library does not know.
 */
export function openTokenizer(files: ReadonlyMap<string, Uint8Array>): Tokenizer {
  const read = (name: string) => (files.has(name) ? parseJsonObject(name, files.get(name)!) : {})
  if (!files.has('tokenizer.json'))
    throw new FormatError(
      "tokenizer.json: expected the model's tokenizer, got none — add it; older models are converted by `AutoTokenizer.from_pretrained(…, use_fast=True).save_pretrained(…)`",
    )
  const config = read('tokenizer_config.json')
  const description = read('tokenizer.json')
  const vocab = countIds(description)
  const inner = understand(() => {
    checkBounds(description)
    return new HuggingFaceTokenizer(cutAtWords(description), config)
  })
  rememberWords(inner)
  const allow = boundSteps(inner)
  const idsOf = (text: string, add_special_tokens: boolean) =>
    understand(() => {
      allow(text.length)
      return inner.encode(text, { add_special_tokens }).ids
    })

  const named = tokenText(config.bos_token) ?? tokenText(read('special_tokens_map.json').bos_token)
  const bos = (named === null ? undefined : inner.token_to_id(named)) ?? null
  // transformers lets the option overrule the post-processor that tokenizer.json describes.
  const addsBos =
    bos !== null && (typeof config.add_bos_token === 'boolean' ? config.add_bos_token : idsOf('a', true)[0] === bos)
  return {
    vocab,
    bos,
    addsBos,
    encode(text, options) {
      const ids = idsOf(text, false)
      if (!options?.bos) return ids
      if (bos === null)
        throw new FormatError('tokenizer: expected a BOS token, got a tokenizer without one — encode without BOS')
      return [bos, ...ids]
    },
    decode(ids) {
      const known = ids.filter((id) => inner.id_to_token(id) !== undefined)
      if (known.length === 0) return ''
      const clean_up_tokenization_spaces = config.clean_up_tokenization_spaces === true
      return understand(() => {
        allow(known.reduce((sum, id) => sum + inner.id_to_token(id)!.length, 0))
        return inner.decode(known, { clean_up_tokenization_spaces })
      })
    },
  }
}

const tokenId = z.int().min(0).max(10_000_000)

/** Where ids come from: a token → id table, or the places of a Unigram list; and the tokens added to either. */
const idTables = z.object({
  model: z.object({
    type: z.enum(['BPE', 'Unigram', 'WordPiece']),
    vocab: z.union([z.record(z.string(), tokenId), z.array(z.unknown())]),
  }),
  added_tokens: z.array(z.object({ id: tokenId, content: z.string() })),
})

function countIds(description: Record<string, unknown>): number {
  const tables = idTables.safeParse(description)
  if (!tables.success) throw schemaError('tokenizer.json', tables.error)
  const { model, added_tokens } = tables.data
  const listed = Array.isArray(model.vocab) ? [model.vocab.length - 1] : Object.values(model.vocab)
  return [...listed, ...added_tokens.map(({ id }) => id)].reduce((most, id) => Math.max(most, id + 1), 0)
}

/** The library throws plain errors of many kinds at what it does not understand. */
function understand<T>(act: () => T): T {
  try {
    return act()
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FormatError(
      `tokenizer.json: expected a tokenizer that can be run, got '${why}' — use the file that came with the model`,
    )
  }
}

/** A special token is written as its text or as an object that holds it. */
export function tokenText(token: unknown): string | null {
  if (typeof token === 'string') return token
  const content = (token as { content?: unknown } | null | undefined)?.content
  return typeof content === 'string' ? content : null
}

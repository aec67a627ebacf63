import { ggufName } from '../src/formats/gguf/names'
import type { ModelSource } from '../src/formats/source'
import { requiredTensors } from '../src/models/required-tensors'
import { type ModelSpec, specFromConfig } from '../src/models/spec'
import { type Entry, f32, f32s, flag, i32s, text, texts, u32, type Written, type WrittenTensor } from './gguf'

/** A checkpoint of architecture llama as a GGUF file holds it, with the dtypes that it has. */
export async function ggufOf(source: ModelSource): Promise<Written> {
  const spec = specFromConfig(source.config)
  const tensors: WrittenTensor[] = []
  for (const { name, shape } of requiredTensors(spec)) {
    const entry = source.tensors.get(name)!
    const data = await entry.read()
    const ordered = /[qk]_proj/.test(name) ? pairUp(data, shape[0]!, spec.headDim) : data
    tensors.push({ name: ggufName(name)!, type: entry.dtype as WrittenTensor['type'], shape, data: ordered })
  }
  const tokenizer = source.files.get('tokenizer.json')
  return { metadata: [...ofSpec(spec), ...(tokenizer ? ofTokenizer(parse(tokenizer), spec) : [])], tensors }
}

const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as TokenizerJson

/** reshape(heads, 2, d / 2, …).swapaxes(1, 2) */
function pairUp(data: Uint8Array, rows: number, headDim: number): Uint8Array {
  const bytes = data.length / rows
  const out = new Uint8Array(data.length)
  let to = 0
  for (let head = 0; head < rows / headDim; head++)
    for (let i = 0; i < headDim / 2; i++)
      for (let half = 0; half < 2; half++, to++) {
        const row = head * headDim + (half * headDim) / 2 + i
        out.set(data.subarray(row * bytes, (row + 1) * bytes), to * bytes)
      }
  return out
}

function ofSpec(spec: ModelSpec): [string, Entry][] {
  return [
    ['general.architecture', text('llama')],
    ['llama.block_count', u32(spec.layers)],
    ['llama.context_length', u32(spec.context)],
    ['llama.embedding_length', u32(spec.hidden)],
    ['llama.feed_forward_length', u32(spec.ffn)],
    ['llama.attention.head_count', u32(spec.heads)],
    ['llama.attention.head_count_kv', u32(spec.kvHeads)],
    ['llama.attention.key_length', u32(spec.headDim)],
    ['llama.attention.value_length', u32(spec.headDim)],
    ['llama.attention.layer_norm_rms_epsilon', f32(spec.norm.eps)],
    ['llama.rope.freq_base', f32(spec.rope!.theta)],
    ['llama.rope.dimension_count', u32(spec.headDim)],
    ['llama.vocab_size', u32(spec.vocab)],
    ...(spec.bos === null ? [] : [['tokenizer.ggml.bos_token_id', u32(spec.bos)] as [string, Entry]]),
    ...spec.eos.slice(0, 1).map((id): [string, Entry] => ['tokenizer.ggml.eos_token_id', u32(id)]),
  ]
}

interface TokenizerJson {
  readonly model: {
    readonly vocab: Record<string, number>
    readonly merges: readonly (string | [string, string])[]
    readonly byte_fallback?: boolean
  }
  readonly added_tokens: readonly { id: number; content: string }[]
  readonly post_processor: { readonly type: string } | null
}

function ofTokenizer({ model, added_tokens, post_processor }: TokenizerJson, { vocab }: ModelSpec): [string, Entry][] {
  const tokens = Array.from({ length: vocab }, (_, id) => `[PAD${id}]`)
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token
  for (const { id, content } of added_tokens) tokens[id] = content
  const control = new Set(added_tokens.map(({ id }) => id))
  const merges = model.merges.map((merge) => (Array.isArray(merge) ? merge.join(' ') : merge))
  const sentencePiece = model.byte_fallback === true
  const rank = new Map(merges.map((merge, i) => [merge.replace(' ', ''), i]))
  return [
    ['tokenizer.ggml.model', text(sentencePiece ? 'llama' : 'gpt2')],
    ['tokenizer.ggml.pre', text(sentencePiece ? 'default' : 'gpt-2')],
    ['tokenizer.ggml.tokens', texts(tokens)],
    ['tokenizer.ggml.token_type', i32s(tokens.map((_, id) => (control.has(id) ? 3 : 1)))],
    sentencePiece
      ? ['tokenizer.ggml.scores', f32s(tokens.map((token) => -(rank.get(token) ?? 0)))]
      : ['tokenizer.ggml.merges', texts(merges)],
    ['tokenizer.ggml.add_bos_token', flag(post_processor?.type === 'TemplateProcessing')],
    ['tokenizer.chat_template', text(`{{ bos_token }}{{ messages[0].content }}`)],
  ]
}

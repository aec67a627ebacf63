import { FormatError } from '../errors'
import type { GgmlTypeName } from '../formats/gguf/types'
import type { GgufValue } from '../formats/gguf/write'
import { tokenizerMetadata } from '../formats/gguf/write-tokenizer'
import { parseJsonObject } from '../formats/side-files'
import { inverseFrequencies } from '../models/rope'
import type { ModelSpec } from '../models/spec'
import { type Tokenizer, tokenText } from '../models/tokenizer'
import type { OpenedModel } from './opened'

export type Entry = [key: string, value: GgufValue]

const text = (value: string): GgufValue => ({ type: 'string', value })
const whole = (value: number): GgufValue => ({ type: 'u32', value })
const real = (value: number): GgufValue => ({ type: 'f32', value })

/** llama.cpp's names of architectures whose files need nothing but what is written here. */
const architectures: Readonly<Record<string, string>> = {
  ...{ LlamaForCausalLM: 'llama', MistralForCausalLM: 'llama' },
  ...{ Qwen2ForCausalLM: 'qwen2', Qwen3ForCausalLM: 'qwen3' },
}

/** llama.cpp's name of a model's architecture. FormatError for one whose files cannot be written. */
export function ggufArchitecture({ architecture, windows, rope }: ModelSpec): string {
  const name = architectures[architecture]
  const scaling = rope?.scaling?.type ?? 'linear'
  const known = scaling === 'linear' || scaling === 'llama3'
  if (name && known && windows.every((window) => window === null)) return name
  const got = !name ? architecture : known ? 'windows of attention' : `rope scaling ${scaling}`
  throw new FormatError(
    `GGUF: expected ${Object.keys(architectures).join(', ')} without windows, rope plain, linear or llama3, got ${got} — save the packed file or the fp16 folder`,
  )
}

/** What llama.cpp must know of a model. Defaults of its own (10000 for the base of rope, say) are never relied upon. */
export function modelMetadata({ name, spec, source, tokenizer, chatTemplate }: OpenedModel): Entry[] {
  const architecture = ggufArchitecture(spec)
  return [
    ['general.architecture', text(architecture)],
    ['general.type', text('model')],
    ['general.name', text(name)],
    ...specMetadata(spec).map(([key, value]): Entry => [`${architecture}.${key}`, value]),
    ...tokenizerMetadata(source.files, {
      ...{ bos: tokenizer.bos, addsBos: tokenizer.addsBos, vocab: spec.vocab },
      eos: endOfText(source.files, tokenizer) ?? spec.eos[0] ?? null,
    }),
    ...(chatTemplate ? [['tokenizer.chat_template', text(chatTemplate.source)] satisfies Entry] : []),
  ]
}

function specMetadata(spec: ModelSpec): Entry[] {
  const { theta, scaling } = spec.rope!
  return [
    ['vocab_size', whole(spec.vocab)],
    ['context_length', whole(spec.context)],
    ['embedding_length', whole(spec.hidden)],
    ['block_count', whole(spec.layers)],
    ['feed_forward_length', whole(spec.ffn)],
    ['attention.head_count', whole(spec.heads)],
    ['attention.head_count_kv', whole(spec.kvHeads)],
    ['attention.key_length', whole(spec.headDim)],
    ['attention.value_length', whole(spec.headDim)],
    ['attention.layer_norm_rms_epsilon', real(spec.norm.eps)],
    ['rope.dimension_count', whole(spec.headDim)],
    ['rope.freq_base', real(theta)],
    ...(scaling?.type === 'linear'
      ? ([
          ['rope.scaling.type', text('linear')],
          ['rope.scaling.factor', real(scaling.factor)],
        ] satisfies Entry[])
      : []),
  ]
}

/** By how much llama.cpp divides the angles of a model with scaled rope, [headDim / 2]; null where a key says it all. */
export function ropeFactors(spec: ModelSpec): Float32Array<ArrayBuffer> | null {
  if (spec.rope?.scaling?.type !== 'llama3') return null
  const plain = inverseFrequencies({ ...spec.rope, scaling: null })
  const scaled = inverseFrequencies(spec.rope)
  return Float32Array.from(plain, (frequency, i) => frequency / scaled[i]!)
}

/** The token that tokenizer_config.json names; generation_config.json may list several. */
function endOfText(files: ReadonlyMap<string, Uint8Array>, tokenizer: Tokenizer): number | null {
  const name = 'tokenizer_config.json'
  const token = tokenText(files.has(name) ? parseJsonObject(name, files.get(name)!).eos_token : null)
  const ids = token === null ? [] : tokenizer.encode(token)
  return ids.length === 1 ? ids[0]! : null
}

/** llama_ftype of llama.h, by the type that most weights have. */
const fileTypes: Readonly<Partial<Record<GgmlTypeName, number>>> = {
  ...{ F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q8_0: 7, Q5_0: 8, Q5_1: 9, Q2_K: 10, Q3_K: 12, Q4_K: 14, Q5_K: 16, Q6_K: 18 },
  ...{ TQ2_0: 37, Q1_0: 40, Q2_0: 41 },
}

export const fileType = (type: GgmlTypeName): Entry => ['general.file_type', whole(fileTypes[type] ?? 0)]

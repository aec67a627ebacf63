import { ACTIVATION, type Kind } from '../formats/gguf/architectures'
import { ropeTensors } from '../formats/gguf/rope-factors'
import type { GgmlTypeName } from '../formats/gguf/types'
import type { GgufValue } from '../formats/gguf/write'
import { tokenizerMetadata } from '../formats/gguf/write-tokenizer'
import { parseJsonObject } from '../formats/side-files'
import { inverseFrequencies } from '../models/rope'
import type { ModelSpec } from '../models/spec'
import { type Tokenizer, tokenText } from '../models/tokenizer'
import { ggufKind } from './gguf-limits'
import type { OpenedModel } from './opened'

export type Entry = [key: string, value: GgufValue]

const text = (value: string): GgufValue => ({ type: 'string', value })
const whole = (value: number): GgufValue => ({ type: 'u32', value })
const real = (value: number): GgufValue => ({ type: 'f32', value })
const flag = (value: boolean): GgufValue => ({ type: 'bool', value })

/** What llama.cpp must know of a model. Defaults of its own (10000 for the base of rope, say) are never relied upon. */
export function modelMetadata({ name, spec, source, tokenizer, chatTemplate }: OpenedModel): Entry[] {
  const kind = ggufKind(spec)
  const vocabulary = tokenizerMetadata(source.files, {
    ...{ bos: tokenizer.bos ?? spec.bos, addsBos: tokenizer.addsBos, vocab: spec.vocab },
    eos: endOfText(source.files, tokenizer) ?? spec.eos[0] ?? null,
  })
  return [
    ['general.architecture', text(kind.prefix)],
    ['general.type', text('model')],
    ['general.name', text(harmlessName(name, vocabulary))],
    ...specMetadata(spec, kind).map(([key, value]): Entry => [`${kind.prefix}.${key}`, value]),
    ...(spec.norm.kind === 'layer' ? [[ACTIVATION, text(activation[spec.activation])] satisfies Entry] : []),
    ...vocabulary,
    ...(chatTemplate ? [['tokenizer.chat_template', text(chatTemplate.source)] satisfies Entry] : []),
  ]
}

/** llama.cpp looks for Phi-3's tokens in a model that is called so (llama-vocab.cpp), and does not load one that has none. */
function harmlessName(name: string, vocabulary: readonly Entry[]): string {
  const tokens = new Map(vocabulary).get('tokenizer.ggml.tokens')!.value as readonly string[]
  const isPhi3 = ['</s>', '<unk>', '<s>', '<|endoftext|>'].every((token) => tokens.includes(token))
  return isPhi3 ? name : name.replace(/(phi)-?(3)/gi, '$1 $2')
}

/** As config.json spells them. */
const activation = { silu: 'silu', gelu: 'gelu', gelu_tanh: 'gelu_new' } as const

function specMetadata(spec: ModelSpec, { name }: Kind): Entry[] {
  const { norm, experts, scores, logitSoftcap } = spec
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
    [norm.kind === 'rms' ? 'attention.layer_norm_rms_epsilon' : 'attention.layer_norm_epsilon', real(norm.eps)],
    ...ropeMetadata(spec),
    ...windowMetadata(spec, name),
    ...(scores.softcap === null ? [] : [['attn_logit_softcapping', real(scores.softcap)] satisfies Entry]),
    ...(logitSoftcap === null ? [] : [['final_logit_softcapping', real(logitSoftcap)] satisfies Entry]),
    ...(experts
      ? ([
          ['expert_count', whole(experts.count)],
          ['expert_used_count', whole(experts.active)],
          ...(name === 'qwen3moe' ? [['expert_feed_forward_length', whole(spec.ffn)] satisfies Entry] : []),
        ] satisfies Entry[])
      : []),
    ...(name === 'gptneox' ? [['use_parallel_residual', flag(spec.parallel)] satisfies Entry] : []),
  ]
}

function ropeMetadata({ rope, localRope }: ModelSpec): Entry[] {
  if (!rope) return []
  const { theta, scaling, turned } = rope
  const scaled: Entry[] =
    scaling?.type === 'linear'
      ? [
          ['rope.scaling.type', text('linear')],
          ['rope.scaling.factor', real(scaling.factor)],
        ]
      : scaling?.type === 'longrope'
        ? [
            ['rope.scaling.original_context_length', whole(scaling.originalContext)],
            ['rope.scaling.attn_factor', real(scaling.attention)],
          ]
        : []
  return [
    ['rope.dimension_count', whole(turned)],
    ['rope.freq_base', real(theta)],
    ...(localRope ? [['rope.freq_base_swa', real(localRope.theta)] satisfies Entry] : []),
    ...scaled,
  ]
}

/** The last layer of so many sees all, unless a file says otherwise; in other architectures none does. */
const periods: Readonly<Record<string, number>> = { gemma2: 2, gemma3: 6 }

/** Also of architectures whose windows llama.cpp overlooks: whoever opens the file again knows them. */
function windowMetadata({ windows }: ModelSpec, name: string): Entry[] {
  const window = windows.find((candidate) => candidate !== null) ?? null
  // llama.cpp tells the models of Phi-3's architecture that have windows from those that have none by the entry
  if (window === null) return name === 'phi3' ? [['attention.sliding_window', whole(0)]] : []
  const sees = windows.map((candidate) => Number(candidate !== null))
  const period = periods[name]
  const isUsual = sees.every((value, layer) => value === Number(!period || layer % period < period - 1))
  return [
    ['attention.sliding_window', whole(window)],
    ...(isUsual ? [] : [['attention.sliding_window_pattern', { type: 'i32s', value: sees }] satisfies Entry]),
  ]
}

/** Tensors of what llama.cpp divides the angles of a model with scaled rope by, [turned / 2] each; none where a key says it all. */
export function ropeFactors({ rope }: ModelSpec): [name: string, values: Float32Array<ArrayBuffer>][] {
  if (rope?.scaling?.type === 'longrope') {
    const { short, long } = rope.scaling
    return [
      [ropeTensors.long, Float32Array.from(long)],
      [ropeTensors.short, Float32Array.from(short)],
    ]
  }
  if (rope?.scaling?.type !== 'llama3') return []
  const plain = inverseFrequencies({ ...rope, scaling: null })
  const scaled = inverseFrequencies(rope)
  return [[ropeTensors.all, Float32Array.from(plain, (frequency, i) => frequency / scaled[i]!)]]
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

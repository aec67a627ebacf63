import { FormatError } from '../../errors'
import { type Described, decimal, type Kind } from './architectures'
import type { Metadata } from './metadata'
import { llama3Rule, type RopeFactors } from './rope-factors'

/** Tokens that begin and end a text. */
export interface EndTokens {
  readonly bos: number | null
  readonly eos: readonly number[]
}

/** Rows of a head of q or k. */
export function headDimOf(metadata: Metadata, { prefix }: Kind): number {
  const key = (name: string) => `${prefix}.${name}`
  const heads = metadata.need(key('attention.head_count'), metadata.count)
  const named = metadata.count(key('attention.key_length'))
  const values = metadata.count(key('attention.value_length')) ?? named
  if (named !== null && values !== named)
    throw metadata.error(key('attention.value_length'), `${named} as for keys`, String(values), 'use another model')
  const headDim = named ?? metadata.need(key('embedding_length'), metadata.count) / heads
  if (!Number.isSafeInteger(headDim) || headDim < 2 || headDim % 2 !== 0)
    throw metadata.error(key('attention.head_count'), 'heads of an even size', String(headDim), 'fetch the file again')
  return headDim
}

/** Numbers of a head that turn. */
export const turnedOf = (metadata: Metadata, kind: Kind): number =>
  metadata.count(`${kind.prefix}.rope.dimension_count`) ?? headDimOf(metadata, kind)

/** The config.json of the checkpoint that the file could be converted back to; the reader of configs checks what it says. */
export function configOf(described: Described, kind: Kind, { bos, eos }: EndTokens): Record<string, unknown> {
  const { metadata, shapeOf } = described
  const { className, modelType, more, prefix: name, spells = {} } = kind
  const count = (key: string) => metadata.need(`${name}.${key}`, metadata.count)
  const sizes = {
    hidden: count('embedding_length'),
    heads: count('attention.head_count'),
    headDim: headDimOf(metadata, kind),
    layers: count('block_count'),
  }
  const { heads } = sizes
  const epsilon =
    metadata.number(`${name}.attention.layer_norm_epsilon`) ??
    metadata.need(`${name}.attention.layer_norm_rms_epsilon`, metadata.number)
  const common = {
    vocab_size: shapeOf('token_embd.weight')?.[0] ?? null,
    hidden_size: sizes.hidden,
    intermediate_size: count('feed_forward_length'),
    num_hidden_layers: sizes.layers,
    num_attention_heads: heads,
    num_key_value_heads: metadata.count(`${name}.attention.head_count_kv`) ?? heads,
    head_dim: sizes.headDim,
    hidden_act: 'silu',
    max_position_embeddings: count('context_length'),
    rms_norm_eps: decimal(epsilon),
    tie_word_embeddings: shapeOf('output.weight') === undefined,
    ...rope(described, kind),
    ...more?.(described, sizes),
  }
  const spelt = Object.entries(common).flatMap(([key, value]): [string, unknown][] => {
    const spelling = Object.hasOwn(spells, key) ? spells[key]! : key
    return spelling === null ? [] : [[spelling, value]]
  })
  return {
    architectures: [className],
    model_type: modelType,
    ...Object.fromEntries(spelt),
    ...(bos !== null && { bos_token_id: bos }),
    ...(eos.length > 0 && { eos_token_id: eos.length === 1 ? eos[0] : eos }),
  }
}

function rope({ metadata, ropeFactors }: Described, kind: Kind): Record<string, unknown> {
  const { prefix: name } = kind
  const theta = decimal(metadata.number(`${name}.rope.freq_base`) ?? 10000)
  const share = turnedOf(metadata, kind) / headDimOf(metadata, kind)
  const isSaid = share !== 1 || kind.spells?.partial_rotary_factor
  const original = metadata.count(`${name}.rope.scaling.original_context_length`)
  return {
    rope_theta: theta,
    rope_scaling: scaling(metadata, name, ropeFactors, theta),
    ...(isSaid && { partial_rotary_factor: share }),
    ...(ropeFactors.long && original !== null && { original_max_position_embeddings: original }),
  }
}

function scaling(metadata: Metadata, name: string, { all, short, long }: RopeFactors, theta: number): object | null {
  if (all?.some((factor) => factor !== 1)) {
    const rule = llama3Rule(all, theta)
    if (rule) return rule
    throw new FormatError(
      "rope_freqs.weight: expected factors by Llama 3's rule, got others — Bitloom does not know this rope scaling; use another model",
    )
  }
  if (short || long) {
    if (!short || !long)
      throw new FormatError(
        `rope factors: expected a set for short texts and one for long, got the ${short ? 'short' : 'long'} one alone — convert the model anew`,
      )
    const attention = metadata.number(`${name}.rope.scaling.attn_factor`) ?? 1
    return {
      rope_type: 'longrope',
      ...{ short_factor: short.map(decimal), long_factor: long.map(decimal), attention_factor: decimal(attention) },
    }
  }
  const type = metadata.text(`${name}.rope.scaling.type`)
  const factor = metadata.number(`${name}.rope.scaling.factor`) ?? metadata.number(`${name}.rope.scale_linear`)
  const plain = type === 'none' || (type === null && factor === null) || (type !== 'yarn' && factor === 1)
  return plain ? null : { rope_type: type ?? 'linear', ...(factor !== null && { factor: decimal(factor) }) }
}

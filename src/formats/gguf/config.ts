import { FormatError } from '../../errors'
import type { Metadata } from './metadata'
import { llama3Rule } from './rope-factors'

/** Tokens that begin and end a text. */
export interface EndTokens {
  readonly bos: number | null
  readonly eos: readonly number[]
}

/** What a config.json is made of. Shapes are of tensors by their names in a checkpoint. */
export interface Described {
  readonly metadata: Metadata
  readonly shapeOf: (name: string) => readonly number[] | undefined
  /** What the angles of the rotary embedding are divided by, where the file says. */
  readonly ropeFactors: readonly number[] | null
}

/** How transformers calls an architecture of GGUF, and what its config.json says beyond what all of them say. */
interface Architecture {
  readonly className: string
  readonly modelType: string
  readonly more?: (described: Described, sizes: Sizes) => Record<string, unknown>
  /** Weights of norms are stored with this added. */
  readonly normOffset?: number
}

type Sizes = Readonly<{ hidden: number; heads: number; headDim: number; layers: number }>

const hasBias = ({ shapeOf }: Described, module: string) => shapeOf(`model.layers.0.${module}.bias`) !== undefined

const gemmaOptions = (
  { metadata }: Described,
  name: string,
  { hidden, heads, headDim }: Sizes,
  isLargest: boolean,
) => ({
  hidden_act: 'gelu_pytorch_tanh',
  hidden_activation: 'gelu_pytorch_tanh',
  // the file does not say; llama.cpp tells it by the number of layers, too
  query_pre_attn_scalar: isLargest ? hidden / heads : headDim,
  sliding_window: metadata.need(`${name}.attention.sliding_window`, metadata.count),
  attn_logit_softcapping: metadata.number(`${name}.attn_logit_softcapping`),
  final_logit_softcapping: metadata.number(`${name}.final_logit_softcapping`),
})

const architectures: Readonly<Record<string, Architecture>> = {
  llama: {
    className: 'LlamaForCausalLM',
    modelType: 'llama',
    more: (described) => ({
      attention_bias: hasBias(described, 'self_attn.q_proj'),
      mlp_bias: hasBias(described, 'mlp.up_proj'),
    }),
  },
  qwen2: { className: 'Qwen2ForCausalLM', modelType: 'qwen2' },
  qwen3: {
    className: 'Qwen3ForCausalLM',
    modelType: 'qwen3',
    more: (described) => ({ attention_bias: hasBias(described, 'self_attn.q_proj') }),
  },
  phi3: {
    className: 'Phi3ForCausalLM',
    modelType: 'phi3',
    more: ({ metadata }) => ({ sliding_window: metadata.count('phi3.attention.sliding_window') || null }),
  },
  gemma2: {
    className: 'Gemma2ForCausalLM',
    modelType: 'gemma2',
    normOffset: 1,
    more: (described, sizes) => gemmaOptions(described, 'gemma2', sizes, sizes.layers === 46),
  },
  gemma3: {
    className: 'Gemma3ForCausalLM',
    modelType: 'gemma3_text',
    normOffset: 1,
    more: (described, sizes) => ({
      ...gemmaOptions(described, 'gemma3', sizes, sizes.layers === 62),
      rope_theta: decimal(described.metadata.number('gemma3.rope.freq_base') ?? 1e6),
      rope_local_base_freq: decimal(described.metadata.number('gemma3.rope.freq_base_swa') ?? 10000),
    }),
  },
}

/** What was added to every value of a checkpoint's tensor. */
export const storedOffset = (architecture: string, name: string): number =>
  name.endsWith('norm.weight') ? (architectures[architecture]?.normOffset ?? 0) : 0

/** The architecture of a file. FormatError names one that is not known, or of which only a part can be read. */
export function architectureOf(metadata: Metadata): string {
  const key = 'general.architecture'
  const name = metadata.need(key, metadata.text)
  const remedy = 'use a model of one of these architectures'
  if (!Object.hasOwn(architectures, name))
    throw metadata.error(key, Object.keys(architectures).join(', '), JSON.stringify(name.slice(0, 40)), remedy)
  const experts = metadata.count(`${name}.expert_count`) ?? 0
  if (experts > 0) throw metadata.error(`${name}.expert_count`, 'no experts', String(experts), remedy)
  return name
}

/** Rows of a head of q or k. */
export function headDimOf(metadata: Metadata, architecture: string): number {
  const key = (name: string) => `${architecture}.${name}`
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

/** The config.json of the checkpoint that the file could be converted back to; the reader of configs checks what it says. */
export function configOf(described: Described, { bos, eos }: EndTokens): Record<string, unknown> {
  const { metadata, shapeOf } = described
  const name = architectureOf(metadata)
  const { className, modelType, more } = architectures[name]!
  const count = (key: string) => metadata.need(`${name}.${key}`, metadata.count)
  const sizes = {
    hidden: count('embedding_length'),
    heads: count('attention.head_count'),
    headDim: headDimOf(metadata, name),
    layers: count('block_count'),
  }
  const { heads } = sizes
  return {
    architectures: [className],
    model_type: modelType,
    vocab_size: shapeOf('model.embed_tokens.weight')?.[0] ?? null,
    hidden_size: sizes.hidden,
    intermediate_size: count('feed_forward_length'),
    num_hidden_layers: sizes.layers,
    num_attention_heads: heads,
    num_key_value_heads: metadata.count(`${name}.attention.head_count_kv`) ?? heads,
    head_dim: sizes.headDim,
    hidden_act: 'silu',
    max_position_embeddings: count('context_length'),
    rms_norm_eps: decimal(metadata.need(`${name}.attention.layer_norm_rms_epsilon`, metadata.number)),
    tie_word_embeddings: shapeOf('lm_head.weight') === undefined,
    ...rope(described, name),
    ...(bos !== null && { bos_token_id: bos }),
    ...(eos.length > 0 && { eos_token_id: eos.length === 1 ? eos[0] : eos }),
    ...more?.(described, sizes),
  }
}

/** 1e-5 of 0.000009999999747378752: the shortest number that is the same as float32. */
function decimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return value
}

function rope({ metadata, ropeFactors }: Described, name: string): Record<string, unknown> {
  const theta = decimal(metadata.number(`${name}.rope.freq_base`) ?? 10000)
  const headDim = headDimOf(metadata, name)
  const turned = metadata.count(`${name}.rope.dimension_count`) ?? headDim
  const partial = turned === headDim ? {} : { partial_rotary_factor: turned / headDim }
  return { rope_theta: theta, rope_scaling: scaling(metadata, name, ropeFactors, theta), ...partial }
}

function scaling(metadata: Metadata, name: string, factors: readonly number[] | null, theta: number): object | null {
  if (factors?.some((factor) => factor !== 1)) {
    const rule = llama3Rule(factors, theta)
    if (rule) return rule
    throw new FormatError(
      "rope_freqs.weight: expected factors by Llama 3's rule, got others — Bitloom does not know this rope scaling; use another model",
    )
  }
  const type = metadata.text(`${name}.rope.scaling.type`)
  const factor = metadata.number(`${name}.rope.scaling.factor`) ?? metadata.number(`${name}.rope.scale_linear`)
  const plain = type === 'none' || (type === null && factor === null) || (type !== 'yarn' && factor === 1)
  return plain ? null : { rope_type: type ?? 'linear', ...(factor !== null && { factor: decimal(factor) }) }
}

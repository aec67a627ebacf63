import type { Metadata } from './metadata'

/** What a config.json is made of. Shapes are of tensors by their names in a checkpoint. */
export interface Described {
  readonly metadata: Metadata
  readonly shapeOf: (name: string) => readonly number[] | undefined
  /** What the angles of the rotary embedding are divided by, where the file says. */
  readonly ropeFactors: readonly number[] | null
}

/** How transformers calls an architecture of GGUF, and what its config.json says beyond what all of them say. */
export interface Architecture {
  readonly className: string
  readonly modelType: string
  readonly more?: (described: Described, sizes: Sizes) => Record<string, unknown>
  /** What a block's experts are called: GGUF stacks them. */
  readonly experts?: ExpertNames
  /** Weights of norms are stored with this added. */
  readonly normOffset?: number
}

/** Modules of one expert, below `within` and its number. */
export interface ExpertNames {
  readonly within: string
  readonly gate: string
  readonly up: string
  readonly down: string
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

/** By the names of GGUF, but for llama with experts. */
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
  mixtral: {
    className: 'MixtralForCausalLM',
    modelType: 'mixtral',
    experts: { within: 'block_sparse_moe.experts', gate: 'w1', up: 'w3', down: 'w2' },
    more: ({ metadata }) => ({
      num_local_experts: metadata.need('llama.expert_count', metadata.count),
      num_experts_per_tok: metadata.need('llama.expert_used_count', metadata.count),
    }),
  },
  qwen3moe: {
    className: 'Qwen3MoeForCausalLM',
    modelType: 'qwen3_moe',
    experts: { within: 'mlp.experts', gate: 'gate_proj', up: 'up_proj', down: 'down_proj' },
    more: (described) => ({
      attention_bias: hasBias(described, 'self_attn.q_proj'),
      num_experts: described.metadata.need('qwen3moe.expert_count', described.metadata.count),
      num_experts_per_tok: described.metadata.need('qwen3moe.expert_used_count', described.metadata.count),
      moe_intermediate_size: described.metadata.need('qwen3moe.expert_feed_forward_length', described.metadata.count),
      norm_topk_prob: true,
    }),
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

/** What a file is of: its architecture, the prefix of its metadata, and the entry of the table that it goes by. */
export interface Kind extends Architecture {
  readonly prefix: string
  readonly name: string
}

/** FormatError names an architecture that is not known. */
export function kindOf(metadata: Metadata): Kind {
  const key = 'general.architecture'
  const prefix = metadata.need(key, metadata.text)
  const experts = metadata.count(`${prefix}.expert_count`) ?? 0
  const name = prefix === 'llama' && experts > 0 ? 'mixtral' : prefix
  const isKnown = Object.hasOwn(architectures, name) && prefix !== 'mixtral'
  if (!isKnown)
    throw metadata.error(
      key,
      Object.keys(architectures).join(', '),
      JSON.stringify(prefix.slice(0, 40)),
      'use a model of one of these architectures',
    )
  return { ...architectures[name]!, prefix, name }
}

/** 1e-5 of 0.000009999999747378752: the shortest number that is the same as float32. */
export function decimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return value
}

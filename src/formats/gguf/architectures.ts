import type { Metadata } from './metadata'
import type { RopeFactors } from './rope-factors'
import { qwenWindowOptions, windowOptions } from './windows'

/** What a config.json is made of. Shapes are of tensors by their names in the file. */
export interface Described {
  readonly metadata: Metadata
  readonly shapeOf: (name: string) => readonly number[] | undefined
  readonly ropeFactors: RopeFactors
}

/** How transformers calls an architecture of GGUF, and what its config.json says beyond what all of them say. */
export interface Architecture {
  readonly className: string
  readonly modelType: string
  /** What the file calls it, where that is not its name in this table. */
  readonly prefix?: string
  readonly more?: (described: Described, sizes: Sizes) => Record<string, unknown>
  /** Other names of what all say; null for what this one does not. */
  readonly spells?: Readonly<Record<string, string | null>>
  /** Linears of blocks are [in, out] in a checkpoint, and [out, in] in a file. */
  readonly transposed?: boolean
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

const hasBias = ({ shapeOf }: Described, module: string) => shapeOf(`blk.0.${module}.bias`) !== undefined
const attentionBias = (described: Described) => ({ attention_bias: hasBias(described, 'attn_q') })

function gemmaOptions(described: Described, name: string, sizes: Sizes, isLargest: boolean) {
  const { metadata } = described
  const windows = windowOptions(metadata, name, sizes.layers)
  return {
    hidden_act: 'gelu_pytorch_tanh',
    hidden_activation: 'gelu_pytorch_tanh',
    // the file does not say; llama.cpp tells it by the number of layers, too
    query_pre_attn_scalar: isLargest ? sizes.hidden / sizes.heads : sizes.headDim,
    ...windows,
    // llama.cpp's own default
    sliding_window: windows.sliding_window ?? (name === 'gemma2' ? 4096 : null),
    attn_logit_softcapping: metadata.number(`${name}.attn_logit_softcapping`),
    final_logit_softcapping: metadata.number(`${name}.final_logit_softcapping`),
  }
}

/** Which GELU, where the file says: llama.cpp has only one for these. */
const activationOf = ({ metadata }: Described, usual: string) => metadata.text(ACTIVATION) ?? usual

/** An entry of ours: what llama.cpp does not ask of a model. */
export const ACTIVATION = 'bitloom.activation'

/** By the names of GGUF, but for what files call llama. */
const architectures: Readonly<Record<string, Architecture>> = {
  llama: {
    className: 'LlamaForCausalLM',
    modelType: 'llama',
    more: (described) => ({ ...attentionBias(described), mlp_bias: hasBias(described, 'ffn_up') }),
  },
  mistral: {
    className: 'MistralForCausalLM',
    modelType: 'mistral',
    prefix: 'llama',
    more: ({ metadata }, { layers }) => windowOptions(metadata, 'llama', layers),
  },
  qwen2: {
    className: 'Qwen2ForCausalLM',
    modelType: 'qwen2',
    more: ({ metadata }, { layers }) => qwenWindowOptions(metadata, 'qwen2', layers),
  },
  qwen3: {
    className: 'Qwen3ForCausalLM',
    modelType: 'qwen3',
    more: (described, { layers }) => ({
      ...attentionBias(described),
      ...qwenWindowOptions(described.metadata, 'qwen3', layers),
    }),
  },
  mixtral: {
    className: 'MixtralForCausalLM',
    modelType: 'mixtral',
    prefix: 'llama',
    experts: { within: 'block_sparse_moe.experts', gate: 'w1', up: 'w3', down: 'w2' },
    more: ({ metadata }, { layers }) => ({
      num_local_experts: metadata.need('llama.expert_count', metadata.count),
      num_experts_per_tok: metadata.need('llama.expert_used_count', metadata.count),
      ...windowOptions(metadata, 'llama', layers),
    }),
  },
  qwen3moe: {
    className: 'Qwen3MoeForCausalLM',
    modelType: 'qwen3_moe',
    experts: { within: 'mlp.experts', gate: 'gate_proj', up: 'up_proj', down: 'down_proj' },
    more: (described, { layers }) => ({
      ...attentionBias(described),
      ...qwenWindowOptions(described.metadata, 'qwen3moe', layers),
      num_experts: described.metadata.need('qwen3moe.expert_count', described.metadata.count),
      num_experts_per_tok: described.metadata.need('qwen3moe.expert_used_count', described.metadata.count),
      moe_intermediate_size: described.metadata.need('qwen3moe.expert_feed_forward_length', described.metadata.count),
      norm_topk_prob: true,
    }),
  },
  phi3: {
    className: 'Phi3ForCausalLM',
    modelType: 'phi3',
    more: ({ metadata }, { layers }) => windowOptions(metadata, 'phi3', layers),
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
  gpt2: {
    className: 'GPT2LMHeadModel',
    modelType: 'gpt2',
    transposed: true,
    spells: {
      ...{ hidden_size: 'n_embd', intermediate_size: 'n_inner', num_hidden_layers: 'n_layer' },
      ...{ num_attention_heads: 'n_head', max_position_embeddings: 'n_positions' },
      ...{ rms_norm_eps: 'layer_norm_epsilon', hidden_act: 'activation_function' },
      ...{ num_key_value_heads: null, head_dim: null, rope_theta: null, rope_scaling: null },
    },
    more: (described) => ({ hidden_act: activationOf(described, 'gelu_new') }),
  },
  gptneox: {
    className: 'GPTNeoXForCausalLM',
    modelType: 'gpt_neox',
    spells: {
      ...{ rms_norm_eps: 'layer_norm_eps', rope_theta: 'rotary_emb_base', partial_rotary_factor: 'rotary_pct' },
      ...{ num_key_value_heads: null, head_dim: null },
    },
    more: (described, { layers }) => ({
      // only GPT-NeoX 20B has the approximation that llama.cpp computes for all
      hidden_act: activationOf(described, layers === 44 ? 'gelu_fast' : 'gelu'),
      attention_bias: hasBias(described, 'attn_qkv'),
      use_parallel_residual: described.metadata.flag('gptneox.use_parallel_residual') ?? true,
    }),
  },
}

/** What a file is of: its architecture, the prefix of its metadata, and the entry of the table that it goes by. */
export interface Kind extends Architecture {
  readonly prefix: string
  readonly name: string
}

const kindNamed = (name: string): Kind => ({ prefix: name, ...architectures[name]!, name })

/** How a checkpoint of this class is written; null for one that GGUF does not know. */
export function kindOfClass(className: string): Kind | null {
  const name = Object.keys(architectures).find((candidate) => architectures[candidate]!.className === className)
  return name === undefined ? null : kindNamed(name)
}

/** FormatError names an architecture that is not known. */
export function kindOf(metadata: Metadata): Kind {
  const key = 'general.architecture'
  const prefix = metadata.need(key, metadata.text)
  const known = Object.keys(architectures).filter((name) => kindNamed(name).prefix === name)
  if (!known.includes(prefix))
    throw metadata.error(
      key,
      known.join(', '),
      JSON.stringify(prefix.slice(0, 40)),
      'use a model of one of these architectures',
    )
  if (prefix !== 'llama') return kindNamed(prefix)
  if (metadata.count('llama.expert_count')) return kindNamed('mixtral')
  return kindNamed(metadata.count('llama.attention.sliding_window') ? 'mistral' : 'llama')
}

/** 1e-5 of 0.000009999999747378752: the shortest number that is the same as float32. */
export function decimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return value
}

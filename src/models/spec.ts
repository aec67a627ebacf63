import { z } from 'zod'
import { FormatError } from '../errors'
import { type RopeScaling, readRope } from './rope'

/** What the engine must know of a decoder before it looks at a single weight. Sizes in elements. */
export interface ModelSpec {
  architecture: 'LlamaForCausalLM'
  vocab: number
  hidden: number
  ffn: number
  layers: number
  heads: number
  kvHeads: number
  headDim: number
  rmsNormEps: number
  rope: { theta: number; scaling: RopeScaling | null }
  /** The output head is the embedding matrix. */
  tiedHead: boolean
  attentionBias: boolean
  mlpBias: boolean
  /** Longest sequence the model was made for, in tokens. */
  context: number
  bos: number | null
  eos: number[]
  /** The linears of one block, in order q, k, v, o, gate, up, down. */
  linears: readonly LinearSpec[]
}

/** One linear of a block: W is [out, in]. Linears of the same stage read the same input, so they share one Hessian. */
export interface LinearSpec {
  role: 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down'
  stage: 0 | 1 | 2 | 3
  /** Name inside the block: 'self_attn.q_proj'. */
  module: string
  out: number
  in: number
  bias: boolean
}

/** 'model.layers.3.self_attn.q_proj': the parameter names less '.weight' and '.bias'. */
export const linearName = (layer: number, linear: LinearSpec): string => `model.layers.${layer}.${linear.module}`

const dimension = z.int().min(1).max(1_000_000)
const tokenId = z.int().nullish()

/** The options of transformers' LlamaConfig, with its defaults. */
const llamaConfig = z.object({
  vocab_size: dimension,
  hidden_size: dimension,
  intermediate_size: dimension,
  num_hidden_layers: z.int().min(1).max(1000),
  num_attention_heads: dimension,
  num_key_value_heads: dimension.nullish(),
  head_dim: dimension.nullish(),
  max_position_embeddings: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(2048),
  rms_norm_eps: z.number().positive().max(1).default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
  bos_token_id: tokenId,
  eos_token_id: z.union([tokenId, z.array(z.int())]),
})

const refuse = (where: string, expected: string, got: unknown, remedy: string): never => {
  throw new FormatError(`config.json ${where}: expected ${expected}, got ${JSON.stringify(got)} — ${remedy}`)
}

/**
 * Reads a Hugging Face config.json. FormatError names the architecture or option that Bitloom does not know, and
 * every size that cannot be: whoever allocates by the spec may trust it.
 */
export function specFromConfig(config: Record<string, unknown>): ModelSpec {
  checkSupported(config)
  const parsed = llamaConfig.safeParse(config)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new FormatError(
      `config.json ${path.join('.')}: ${message} — use the config.json that came with these weights`,
    )
  }
  const options = parsed.data
  const heads = options.num_attention_heads
  const kvHeads = options.num_key_value_heads ?? heads
  const headDim = options.head_dim ?? options.hidden_size / heads
  const remedy = 'use the config.json that came with these weights'
  if (heads % kvHeads !== 0) refuse('num_key_value_heads', `a divisor of ${heads} attention heads`, kvHeads, remedy)
  if (headDim % 2 !== 0)
    refuse('head_dim', 'an even number (hidden_size / num_attention_heads when absent)', headDim, remedy)
  const isToken = (id: unknown): id is number => typeof id === 'number' && id >= 0 && id < options.vocab_size

  const spec = {
    architecture: 'LlamaForCausalLM',
    vocab: options.vocab_size,
    hidden: options.hidden_size,
    ffn: options.intermediate_size,
    layers: options.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    rmsNormEps: options.rms_norm_eps,
    rope: readRope(config),
    tiedHead: options.tie_word_embeddings,
    attentionBias: options.attention_bias,
    mlpBias: options.mlp_bias,
    context: options.max_position_embeddings,
    // Some checkpoints write -1 for "none"; an id outside the vocabulary can never be met either.
    bos: isToken(options.bos_token_id) ? options.bos_token_id : null,
    eos: [options.eos_token_id].flat().filter(isToken),
  } as const
  return { ...spec, linears: blockLinears(spec) }
}

function checkSupported(config: Record<string, unknown>): void {
  const { architectures, model_type, quantization_config: quantization, hidden_act } = config
  const architecture = Array.isArray(architectures) ? architectures[0] : undefined
  if (architecture !== 'LlamaForCausalLM' && !(architecture === undefined && model_type === 'llama'))
    refuse(
      'architectures',
      'LlamaForCausalLM',
      architecture ?? model_type ?? null,
      'Bitloom runs models of the LLaMA family only',
    )
  if (quantization !== undefined && quantization !== null)
    refuse(
      'quantization_config',
      'none',
      (quantization as Record<string, unknown>).quant_method ?? quantization,
      'use the checkpoint before it was quantized',
    )
  if (hidden_act !== undefined && hidden_act !== 'silu' && hidden_act !== 'swish')
    refuse('hidden_act', 'silu', hidden_act, 'Bitloom runs SwiGLU feed-forward blocks only')
}

type Sizes = Pick<ModelSpec, 'hidden' | 'ffn' | 'heads' | 'kvHeads' | 'headDim' | 'attentionBias' | 'mlpBias'>

function blockLinears({ hidden, ffn, heads, kvHeads, headDim, attentionBias, mlpBias }: Sizes): LinearSpec[] {
  const attention = { in: hidden, bias: attentionBias }
  const feedForward = { in: hidden, out: ffn, bias: mlpBias }
  return [
    { role: 'q', stage: 0, module: 'self_attn.q_proj', out: heads * headDim, ...attention },
    { role: 'k', stage: 0, module: 'self_attn.k_proj', out: kvHeads * headDim, ...attention },
    { role: 'v', stage: 0, module: 'self_attn.v_proj', out: kvHeads * headDim, ...attention },
    { role: 'o', stage: 1, module: 'self_attn.o_proj', out: hidden, in: heads * headDim, bias: attentionBias },
    { role: 'gate', stage: 2, module: 'mlp.gate_proj', ...feedForward },
    { role: 'up', stage: 2, module: 'mlp.up_proj', ...feedForward },
    { role: 'down', stage: 3, module: 'mlp.down_proj', out: hidden, in: ffn, bias: mlpBias },
  ]
}

export { checkTensors, requiredTensors } from './required-tensors'
export { inverseFrequencies, type RopeScaling } from './rope'

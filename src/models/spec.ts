import { z } from 'zod'
import { foreignKind } from '../formats/foreign'
import { parseJsonObject } from '../formats/side-files'
import { configError, schemaError } from './description-error'
import { type RopeScaling, readRope } from './rope'

export { checkTensors, linearName, normName, requiredTensors } from './required-tensors'
export { inverseFrequencies, type RopeScaling } from './rope'

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

/** Beyond every published model; a larger one is a damaged config, caught before anybody allocates by it. */
const largestDimension = 1_000_000
const dimension = z.int().min(1).max(largestDimension)
const tokenId = z.int().nullish()
const tokenIds = z.union([tokenId, z.array(z.int())])

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
  bos_token_id: tokenId,
  eos_token_id: tokenIds,
})

/**
 * Reads a Hugging Face config.json. FormatError names the architecture or option that Bitloom does not know, and
 * every size that cannot be: whoever allocates by the spec may trust it.
 */
export function specFromConfig(config: Record<string, unknown>): ModelSpec {
  checkSupported(config)
  const parsed = llamaConfig.safeParse(config)
  if (!parsed.success) throw schemaError('config.json', parsed.error)
  const options = parsed.data
  const heads = options.num_attention_heads
  const kvHeads = options.num_key_value_heads ?? heads
  const headDim = options.head_dim ?? options.hidden_size / heads
  if (heads % kvHeads !== 0) throw configError('num_key_value_heads', `a divisor of ${heads} attention heads`, kvHeads)
  if (headDim % 2 !== 0) throw configError('head_dim (or hidden_size / num_attention_heads)', 'an even number', headDim)
  if (heads * headDim > largestDimension)
    throw configError('num_attention_heads × head_dim', `at most ${largestDimension}`, heads * headDim)

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
    bos: isTokenOf(options.vocab_size, options.bos_token_id) ? options.bos_token_id : null,
    eos: [options.eos_token_id].flat().filter((id) => isTokenOf(options.vocab_size, id)),
  } as const
  return { ...spec, linears: blockLinears(spec) }
}

/** The same with the end tokens that generation_config.json adds: chat models end a turn by one and a text by another. */
export function specFromFiles(config: Record<string, unknown>, files: ReadonlyMap<string, Uint8Array>): ModelSpec {
  const spec = specFromConfig(config)
  const name = 'generation_config.json'
  const generation = files.has(name) ? parseJsonObject(name, files.get(name)!) : {}
  const parsed = z.object({ eos_token_id: tokenIds }).safeParse(generation)
  if (!parsed.success) throw schemaError(name, parsed.error)
  const more = [parsed.data.eos_token_id].flat().filter((id) => isTokenOf(spec.vocab, id))
  return { ...spec, eos: [...new Set([...spec.eos, ...more])] }
}

const isTokenOf = (vocab: number, id: unknown): id is number => typeof id === 'number' && id >= 0 && id < vocab

function checkSupported(config: Record<string, unknown>): void {
  const { architectures, model_type, quantization_config: quantization, hidden_act: activation = 'silu' } = config
  const architecture = Array.isArray(architectures) ? architectures[0] : undefined
  if (architecture !== 'LlamaForCausalLM' && (architecture !== undefined || model_type !== 'llama'))
    throw configError(
      'architectures',
      'LlamaForCausalLM',
      architecture ?? model_type,
      'Bitloom runs models of the LLaMA family',
    )
  if (quantization !== undefined && quantization !== null && !foreignKind(config)) {
    const method = (quantization as Record<string, unknown>).quant_method ?? quantization
    throw configError(
      'quantization_config',
      'none, gptq or compressed-tensors',
      method,
      'use the checkpoint before it was quantized',
    )
  }
  if (activation !== 'silu' && activation !== 'swish')
    throw configError('hidden_act', 'silu', activation, 'Bitloom runs SwiGLU feed-forward blocks only')
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

import { z } from 'zod'
import { foreignKind } from '../formats/foreign'
import { parseJsonObject } from '../formats/side-files'
import type { NormSpec } from '../kernels/norm'
import { architectures } from './architectures'
import { isTokenOf, tokenIds } from './architectures/options'
import { configError, schemaError } from './description-error'
import type { DenseRole, ExpertRole } from './roles'
import type { RopeSpec } from './rope'

/**
 * What the engine must know of a decoder before it looks at a single weight: of what its blocks are made, and how its
 * tensors are called. Sizes in elements. Every architecture is one file that makes a spec of a config.json; nothing else
 * knows architectures.
 */
export interface ModelSpec {
  architecture: string
  vocab: number
  hidden: number
  /** Width of the feed-forward part, of one expert where there are some. */
  ffn: number
  layers: number
  heads: number
  kvHeads: number
  headDim: number
  norm: NormSpec
  /** How heads turn by position; null where positions are embedded. */
  rope: RopeSpec | null
  /** How they turn in layers that see a window, where that is another way. */
  localRope: RopeSpec | null
  /** Keys that a query of a layer sees at most, itself included; null where it sees all before it. One a layer. */
  windows: readonly (number | null)[]
  /** What scores are multiplied by, and where they are capped. */
  scores: { scale: number; softcap: number | null }
  activation: 'silu' | 'gelu' | 'gelu_tanh'
  /** How the outputs of a linear that is q, k and v at once lie: one after another, or head by head; null where they are three. */
  fusedHeads: 'after' | 'within' | null
  /** Whether the feed-forward part reads the block's input, not what attention made of it. */
  parallel: boolean
  experts: ExpertsSpec | null
  /** What embeddings are multiplied by. */
  embeddingScale: number
  /** Where logits are capped. */
  logitSoftcap: number | null
  /** The output head is the embedding matrix. */
  tiedHead: boolean
  /** Longest sequence the model was made for, in tokens. */
  context: number
  bos: number | null
  eos: number[]
  names: TensorNames
  /** The linears of one block, in the order data flows through them. */
  linears: readonly LinearSpec[]
  /** Everything else in a block. */
  parameters: readonly ParameterSpec[]
}

export interface ExpertsSpec {
  count: number
  /** Experts that a token is sent to. */
  active: number
  /** Whether their shares sum to one. */
  normalized: boolean
}

/** Full names of tensors outside of blocks, and what precedes a block's number. */
export interface TensorNames {
  blocks: string
  embedding: string
  /** Embedding of positions [context, hidden]; null where heads turn instead. */
  positions: string | null
  norm: string
  head: string
}

/**
 * One linear of a block: W is [out, in]. Linears of the same stage read the same input, so they share one Hessian: 0 for
 * attention's, 1 for what it gives, 2 and 3 for the feed-forward part's two, 2 + 2e and 3 + 2e for those of expert e.
 */
export interface LinearSpec {
  role: DenseRole | ExpertRole
  stage: number
  /** Name inside the block: 'self_attn.q_proj'. */
  module: string
  out: number
  in: number
  bias: boolean
  /** What precedes the block's number in its name; 'model.layers' unless given. */
  blocks?: string
  /** Whether it is stored as [in, out]. */
  transposed?: boolean
}

/** A parameter of a block that is no linear's: norms [hidden] or [headDim], and the router [experts, hidden]. */
export interface ParameterSpec {
  key: ParameterKey
  /** Name inside the block: 'input_layernorm.weight'. */
  name: string
  shape: readonly number[]
}

/** attnNorm and mlpNorm stand before the two halves of a block, the norms of outputs behind them; q and k norms work on heads. */
export type ParameterKey =
  | ('attnNorm' | 'mlpNorm' | 'attnNormBias' | 'mlpNormBias')
  | ('attnOutNorm' | 'mlpOutNorm' | 'qNorm' | 'kNorm' | 'router')

/**
 * Reads a Hugging Face config.json. FormatError names the architecture or option that Bitloom does not know, and
 * every size that cannot be: whoever allocates by the spec may trust it.
 */
export function specFromConfig(config: Record<string, unknown>): ModelSpec {
  const { architectures: named, model_type, quantization_config: quantization } = config
  const given = Array.isArray(named) ? named[0] : undefined
  const known = architectures.find(({ name, modelType }) =>
    given === undefined ? modelType === model_type : name === given,
  )
  if (!known)
    throw configError(
      'architectures',
      `one of ${architectures.map(({ name }) => name).join(', ')}`,
      given ?? model_type,
      'Bitloom runs text models of these architectures',
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
  return known.spec(config)
}

/**
 * The same with the end tokens that generation_config.json adds: chat models end a turn by one and a text by another. With the
 * names of the model's tensors, where its files leave out how the whole is called.
 */
export function specFromFiles(
  config: Record<string, unknown>,
  files: ReadonlyMap<string, Uint8Array>,
  tensors: ReadonlyMap<string, unknown> = new Map(),
): ModelSpec {
  const spec = named(specFromConfig(config), tensors)
  const name = 'generation_config.json'
  const generation = files.has(name) ? parseJsonObject(name, files.get(name)!) : {}
  const parsed = z.object({ eos_token_id: tokenIds }).safeParse(generation)
  if (!parsed.success) throw schemaError(name, parsed.error)
  const more = [parsed.data.eos_token_id].flat().filter((id) => isTokenOf(spec.vocab, id))
  return { ...spec, eos: [...new Set([...spec.eos, ...more])] }
}

/** Some checkpoints hold the decoder alone, without the name that it has in the whole: 'h.0…' for 'transformer.h.0…'. */
function named(spec: ModelSpec, tensors: ReadonlyMap<string, unknown>): ModelSpec {
  const { names, linears } = spec
  const bare = (name: string) => name.slice(name.indexOf('.') + 1)
  if (tensors.has(names.embedding) || !tensors.has(bare(names.embedding))) return spec
  const blocks = bare(names.blocks)
  return {
    ...spec,
    names: {
      ...{ blocks, embedding: bare(names.embedding), positions: names.positions && bare(names.positions) },
      ...{ norm: bare(names.norm), head: names.head },
    },
    linears: linears.map((linear) => ({ ...linear, blocks })),
  }
}

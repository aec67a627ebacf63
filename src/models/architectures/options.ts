import { z } from 'zod'
import { configError, schemaError } from '../description-error'

/** Beyond every published model; a larger one is a damaged config, caught before anybody allocates by it. */
const largestDimension = 1_000_000
export const dimension = z.int().min(1).max(largestDimension)
export const layerCount = z.int().min(1).max(1000)
export const positionCount = z
  .int()
  .min(1)
  .max(2 ** 30)
export const epsilon = z.number().positive().max(1)
const tokenId = z.int().nullish()
export const tokenIds = z.union([tokenId, z.array(z.int())])

/** What nearly all architectures call alike, with the defaults of transformers' LlamaConfig. */
export const decoderOptions = z.object({
  vocab_size: dimension,
  hidden_size: dimension,
  intermediate_size: dimension,
  num_hidden_layers: layerCount,
  num_attention_heads: dimension,
  num_key_value_heads: dimension.nullish(),
  head_dim: dimension.nullish(),
  max_position_embeddings: positionCount.default(2048),
  rms_norm_eps: epsilon.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: tokenId,
  eos_token_id: tokenIds,
})
export type DecoderOptions = z.infer<typeof decoderOptions>

/** The options that a schema knows. FormatError names the first that cannot be. */
export function readOptions<T>(schema: z.ZodType<T>, config: Record<string, unknown>): T {
  const parsed = schema.safeParse(config)
  if (!parsed.success) throw schemaError('config.json', parsed.error)
  return parsed.data
}

/** Sizes of the heads. FormatError where they do not fit together. */
export function headsOf(
  options: Pick<DecoderOptions, 'hidden_size' | 'num_attention_heads' | 'num_key_value_heads' | 'head_dim'>,
) {
  const heads = options.num_attention_heads
  const kvHeads = options.num_key_value_heads ?? heads
  const headDim = options.head_dim ?? options.hidden_size / heads
  if (heads % kvHeads !== 0) throw configError('num_key_value_heads', `a divisor of ${heads} attention heads`, kvHeads)
  if (headDim % 2 !== 0) throw configError('head_dim (or hidden_size / num_attention_heads)', 'an even number', headDim)
  if (heads * headDim > largestDimension)
    throw configError('num_attention_heads × head_dim', `at most ${largestDimension}`, heads * headDim)
  return { heads, kvHeads, headDim }
}

export const isTokenOf = (vocab: number, id: unknown): id is number => typeof id === 'number' && id >= 0 && id < vocab

/** Some checkpoints write -1 for "none"; an id outside the vocabulary can never be met either. */
export const tokensOf = ({
  vocab_size,
  bos_token_id,
  eos_token_id,
}: Pick<DecoderOptions, 'vocab_size' | 'bos_token_id' | 'eos_token_id'>) => ({
  bos: isTokenOf(vocab_size, bos_token_id) ? bos_token_id : null,
  eos: [eos_token_id].flat().filter((id) => isTokenOf(vocab_size, id)),
})

const ACTIVATIONS = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
} as const

/** The activation that a config names by `key`. FormatError when the architecture does not come with it here. */
export function activationOf<A extends 'silu' | 'gelu' | 'gelu_tanh'>(
  config: Record<string, unknown>,
  key: string,
  known: readonly A[],
  missing: string,
): A {
  const name = config[key] ?? missing
  const activation = ACTIVATIONS[name as keyof typeof ACTIVATIONS]
  const found = known.find((candidate) => candidate === activation)
  if (!found)
    throw configError(
      key,
      Object.keys(ACTIVATIONS)
        .filter((candidate) => known.some((one) => one === ACTIVATIONS[candidate as keyof typeof ACTIVATIONS]))
        .join(' or '),
      name,
      'Bitloom runs this architecture with no other activation',
    )
  return found
}

/** FormatError unless an option of the config is missing or has the one value that is known here. */
export function only(config: Record<string, unknown>, key: string, value: unknown): void {
  const given = config[key]
  if (given !== undefined && given !== null && given !== value)
    throw configError(key, JSON.stringify(value), given, 'Bitloom does not run models of another kind')
}

/**
 * Keys that each layer sees at most: those of `sliding` layers see config.sliding_window of them, unless config.layer_types
 * says which do.
 */
export function windowsOf(
  config: Record<string, unknown>,
  layers: number,
  sliding: (layer: number) => boolean,
): (number | null)[] {
  const { sliding_window = null, layer_types: types } = readOptions(
    z.object({ sliding_window: positionCount.nullish(), layer_types: z.array(z.string()).nullish() }),
    config,
  )
  if (types && types.length !== layers) throw configError('layer_types', `${layers} types, one a layer`, types.length)
  const stranger = types?.find((type) => type !== 'full_attention' && type !== 'sliding_attention')
  if (stranger !== undefined)
    throw configError(
      'layer_types',
      'full_attention or sliding_attention',
      stranger,
      'Bitloom knows no other attention',
    )
  return Array.from({ length: layers }, (_, layer) =>
    (types ? types[layer] === 'sliding_attention' : sliding(layer)) ? sliding_window : null,
  )
}

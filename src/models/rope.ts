import { z } from 'zod'
import { configError, schemaError } from './description-error'

export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'llama3'; factor: number; lowFreqFactor: number; highFreqFactor: number; originalContext: number }
  | { type: 'longrope'; short: number[]; long: number[]; attention: number; originalContext: number }

/** How heads turn by position. */
export interface RopeSpec {
  theta: number
  scaling: RopeScaling | null
  /** Numbers of a head that turn, from its first on: an even count. */
  turned: number
}

const positive = z.number().positive()
const factors = z.array(positive)

/** `rope_parameters` of newer configs and `rope_scaling` of older ones, where the type was called `type` too. */
const ropeOptions = z.object({
  rope_theta: positive.optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
  short_factor: factors.optional(),
  long_factor: factors.optional(),
  attention_factor: positive.optional(),
})
type RopeOptions = z.infer<typeof ropeOptions>

/** Theta and scaling of the rotary embedding, from a config of any age. FormatError names a scaling that is not known. */
export function readRope(config: Record<string, unknown>, headDim: number): RopeSpec {
  const key = config.rope_parameters ? 'rope_parameters' : 'rope_scaling'
  const parsed = ropeOptions.safeParse(config[key] ?? {})
  if (!parsed.success) throw schemaError('config.json', parsed.error, [key])
  const options = parsed.data
  const theta = options.rope_theta ?? config.rope_theta ?? 10000
  if (typeof theta !== 'number' || !(theta > 0)) throw configError('rope_theta', 'a positive number', theta)
  const part = options.partial_rotary_factor ?? config.partial_rotary_factor ?? 1
  if (typeof part !== 'number' || !(part > 0 && part <= 1))
    throw configError('partial_rotary_factor', 'a number up to 1', part)
  const turned = Math.floor(headDim * part)
  if (turned < 2 || turned % 2 !== 0) throw configError('partial_rotary_factor', `an even part of ${headDim}`, part)
  return { theta, scaling: readScaling(key, options, config, turned), turned }
}

function readScaling(
  key: string,
  options: RopeOptions,
  config: Record<string, unknown>,
  turned: number,
): RopeScaling | null {
  const type = options.rope_type ?? options.type ?? 'default'
  const need = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = options[name]
    if (value === undefined) throw configError(`${key}.${name}`, `a number for type ${type}`, value)
    return value
  }
  switch (type) {
    case 'default':
      return null
    case 'linear':
      return { type, factor: need('factor') }
    case 'llama3': {
      const lowFreqFactor = need('low_freq_factor')
      const highFreqFactor = need('high_freq_factor')
      if (highFreqFactor <= lowFreqFactor)
        throw configError(`${key}.high_freq_factor`, `more than ${lowFreqFactor}`, highFreqFactor)
      const originalContext = need('original_max_position_embeddings')
      return { type, factor: need('factor'), lowFreqFactor, highFreqFactor, originalContext }
    }
    case 'longrope':
    case 'su':
      return readLong(key, options, config, turned)
    default:
      throw configError(
        key,
        'type default, linear, llama3 or longrope',
        type,
        'Bitloom does not know this rope scaling',
      )
  }
}

/** Two sets of factors, one a frequency: for texts within the original context, and beyond it (Ding et al. 2024). */
function readLong(key: string, options: RopeOptions, config: Record<string, unknown>, turned: number): RopeScaling {
  const factorsOf = (name: 'short_factor' | 'long_factor') => {
    const values = options[name]
    if (values?.length !== turned / 2) throw configError(`${key}.${name}`, `${turned / 2} numbers`, values?.length)
    return values
  }
  const context = config.max_position_embeddings
  const originalContext = config.original_max_position_embeddings ?? options.original_max_position_embeddings ?? context
  if (typeof originalContext !== 'number' || !(originalContext > 1))
    throw configError('original_max_position_embeddings', 'a number above 1', originalContext)
  const factor = typeof context === 'number' ? context / originalContext : (options.factor ?? 1)
  const attention =
    options.attention_factor ?? (factor > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(originalContext)) : 1)
  return {
    type: 'longrope',
    ...{ short: factorsOf('short_factor'), long: factorsOf('long_factor'), attention, originalContext },
  }
}

/**
 * The turned / 2 angles per position of the rotary embedding, scaling included, as transformers' modeling_rope_utils.py
 * computes them (in float64 here).
 *
 * @param positions the longest text that will be read, by which some scalings choose
 */
export function inverseFrequencies({ theta, scaling, turned }: RopeSpec, positions = 1): Float64Array {
  const plain = Float64Array.from({ length: turned / 2 }, (_, i) => theta ** ((-2 * i) / turned))
  if (!scaling) return plain
  if (scaling.type === 'linear') return plain.map((frequency) => frequency / scaling.factor)
  if (scaling.type === 'longrope') {
    const factors = positions > scaling.originalContext ? scaling.long : scaling.short
    return plain.map((frequency, i) => frequency / factors[i]!)
  }
  const { factor, lowFreqFactor, highFreqFactor, originalContext } = scaling
  return plain.map((frequency) => {
    // Turns within the original context: many are left alone, few are slowed down, between them it fades.
    const turns = (originalContext * frequency) / (2 * Math.PI)
    const kept = Math.min(1, Math.max(0, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor)))
    return frequency * (kept + (1 - kept) / factor)
  })
}

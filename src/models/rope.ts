import { z } from 'zod'
import { configError, schemaError } from './description-error'
import type { ModelSpec } from './spec'

export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'llama3'; factor: number; lowFreqFactor: number; highFreqFactor: number; originalContext: number }

const positive = z.number().positive()

/** `rope_parameters` of newer configs and `rope_scaling` of older ones, where the type was called `type` too. */
const ropeOptions = z.object({
  rope_theta: positive.optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: positive.optional(),
  partial_rotary_factor: positive.optional(),
})
type RopeOptions = z.infer<typeof ropeOptions>

/** Theta and scaling of the rotary embedding, from a config of any age. FormatError names a scaling that is not known. */
export function readRope(config: Record<string, unknown>): ModelSpec['rope'] {
  const key = config.rope_parameters ? 'rope_parameters' : 'rope_scaling'
  const parsed = ropeOptions.safeParse(config[key] ?? {})
  if (!parsed.success) throw schemaError('config.json', parsed.error, [key])
  const options = parsed.data
  const theta = options.rope_theta ?? config.rope_theta ?? 10000
  if (typeof theta !== 'number' || !(theta > 0)) throw configError('rope_theta', 'a positive number', theta)
  const partial = options.partial_rotary_factor ?? config.partial_rotary_factor ?? 1
  if (partial !== 1) throw configError('partial_rotary_factor', '1', partial, 'Bitloom rotates whole heads only')
  return { theta, scaling: readScaling(key, options) }
}

function readScaling(key: string, options: RopeOptions): RopeScaling | null {
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
    default:
      throw configError(key, 'type default, linear or llama3', type, 'Bitloom does not know this rope scaling')
  }
}

/**
 * The headDim / 2 angles per position of the rotary embedding, scaling included, as transformers'
 * modeling_rope_utils.py computes them (in float64 here).
 */
export function inverseFrequencies({ headDim, rope: { theta, scaling } }: ModelSpec): Float64Array {
  const plain = Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim))
  if (!scaling) return plain
  if (scaling.type === 'linear') return plain.map((frequency) => frequency / scaling.factor)
  const { factor, lowFreqFactor, highFreqFactor, originalContext } = scaling
  return plain.map((frequency) => {
    // Turns within the original context: many are left alone, few are slowed down, between them it fades.
    const turns = (originalContext * frequency) / (2 * Math.PI)
    const kept = Math.min(1, Math.max(0, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor)))
    return frequency * (kept + (1 - kept) / factor)
  })
}

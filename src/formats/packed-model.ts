import type { EffectiveBits, RunReport } from '../records'
import type { LinearHeader } from './linear-check'
import type { QuantizedLinear } from './quantized'

/** A quantized model: what it holds is known, the linears are read one at a time when asked for. */
export interface PackedModel {
  readonly names: readonly string[]
  readonly headers: ReadonlyMap<string, LinearHeader>
  /** Bits a weight of all linears together, from the sizes of their stored arrays. */
  readonly bits: EffectiveBits
  readonly report: RunReport
  /** FormatError when the stored values do not make a valid linear. */
  linear(name: string): Promise<QuantizedLinear>
}

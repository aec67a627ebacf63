import type { ModelSpec } from '../../models/spec'
import type { CalibrationSize, Work } from '../work'

export interface Steps {
  /** Of each block. */
  readonly steps: number
  /** Windows a step. */
  readonly batch: number
  /** Dispatches of a learner in a step. */
  readonly dispatches: number
}

/** Dispatches of a step: the block there and back, the loss. */
const DISPATCHES = 35

/**
 * Gradient steps on every block (`Reconstruction`): a product there, two on the way back for every linear, and attention,
 * which is computed again on the way back.
 */
export function reconstructionWork(
  { layers, linears, heads, headDim }: ModelSpec,
  { samples, length }: CalibrationSize,
  { steps, batch, dispatches }: Steps,
): Work {
  const tokens = Math.min(batch, samples) * length
  const weights = linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const forward = 2 * tokens * weights + 4 * tokens * length * heads * headDim
  const all = layers * steps
  return { steps: all, flops: 3 * all * forward, dispatches: all * (DISPATCHES + linears.length * dispatches) }
}

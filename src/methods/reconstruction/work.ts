import type { ModelSpec } from '../../models/spec'
import type { Work } from '../work'

/** Dispatches of a step: the block there and back, the loss; and what a linear's learner does. */
const DISPATCHES = { block: 45, linear: 1 }

/**
 * `steps` gradient steps on every block (`Reconstruction`), each on `batch` windows: a product there, two on the way back
 * for every linear, and attention, which is computed again on the way back.
 */
export function reconstructionWork(
  { layers, linears, heads, headDim }: ModelSpec,
  steps: number,
  { batch, length }: { readonly batch: number; readonly length: number },
): Work {
  const tokens = batch * length
  const weights = linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const forward = 2 * tokens * weights + 4 * tokens * length * heads * headDim
  const all = layers * steps
  return {
    flops: 3 * all * forward,
    dispatches: all * (DISPATCHES.block + linears.length * DISPATCHES.linear),
  }
}

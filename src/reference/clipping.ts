import type { GridShape } from '../kernels/quantize'
import { roundHalfEven } from './gptq'

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** What rounding and clamping do to a number: all that keeps the clipped weights from being smooth in their clips. */
export interface Pieces {
  /** round(x) − x of every zero [rows·groups] and every w/step [rows·columns]. */
  readonly zeros: Float64Array
  readonly ratios: Float64Array
  /** The code where it is beyond 0 … top, NaN within. */
  readonly beyond: Float64Array
}

/**
 * w [rows, columns] on the grids of `clips` [2, rows, groups] (b and g; shaders/lib/clipping.wgsl), and its pieces there.
 * With the pieces of other clips it is the smooth function whose gradient at those clips is the straight-through one.
 */
export function clippingReference(
  w: ArrayLike<number>,
  clips: ArrayLike<number>,
  { rows, columns, groupSize, groups, bits }: GridShape,
  frozen?: Pieces,
): { weights: Float64Array; pieces: Pieces; steps: Float64Array; zeros: Float64Array } {
  const cells = rows * groups
  const top = 2 ** bits - 1
  const [steps, zeros] = [new Float64Array(cells), new Float64Array(cells)]
  const weights = new Float64Array(rows * columns)
  const pieces = {
    zeros: new Float64Array(cells),
    ratios: new Float64Array(rows * columns),
    beyond: new Float64Array(rows * columns),
  }
  for (let cell = 0; cell < cells; cell++) {
    const begin = Math.floor(cell / groups) * columns + (cell % groups) * groupSize
    const end = Math.min(begin + groupSize, (Math.floor(cell / groups) + 1) * columns)
    const members = Array.from({ length: end - begin }, (_, i) => w[begin + i]!)
    const low = sigmoid(clips[cell]!) * Math.min(...members)
    const high = sigmoid(clips[cells + cell]!) * Math.max(...members)
    const step = clamp((high - low) / top, 1e-5, 1e4)
    const exact = clamp(-low / step, -1e4, 1e4)
    pieces.zeros[cell] = roundHalfEven(exact) - exact
    const zero = exact + (frozen ?? pieces).zeros[cell]!
    steps[cell] = step
    zeros[cell] = zero
    members.forEach((value, i) => {
      const ratio = value / step
      pieces.ratios[begin + i] = roundHalfEven(ratio) - ratio
      const code = ratio + (frozen ?? pieces).ratios[begin + i]! + zero
      pieces.beyond[begin + i] = code < 0 ? 0 : code > top ? top : Number.NaN
      const bound = (frozen ?? pieces).beyond[begin + i]!
      weights[begin + i] = step * ((Number.isNaN(bound) ? code : bound) - zero)
    })
  }
  return { weights, pieces, steps, zeros }
}

import { stepOf } from '../formats/affine'
import { decodeFloat16, encodeFloat16 } from '../formats/floats'

/** The nearest finite float16. */
export const half = (value: number): number =>
  decodeFloat16(encodeFloat16(Float32Array.of(Math.min(65504, Math.max(-65504, value)))))[0]!

export interface RangeReference {
  readonly low: number
  readonly range: number
}

const levelOf = ({ low, range }: RangeReference, code: number, bits: number) => low + stepOf(range, bits) * code

/** The code of the level nearest to w; the lower one where two are as near. */
export function nearestRangeCode(w: number, grid: RangeReference, bits: number): number {
  const step = stepOf(grid.range, bits)
  const below = step > 0 ? Math.min(2 ** bits - 2, Math.max(0, Math.floor((w - grid.low) / step))) : 0
  return levelOf(grid, below + 1, bits) - w < w - levelOf(grid, below, bits) && step > 0 ? below + 1 : below
}

/** Σⱼ ωⱼ·(wⱼ − level nearest to wⱼ)². */
export const rangeError = (w: number[], bits: number[], importance: number[], grid: RangeReference): number =>
  w.reduce((sum, value, j) => {
    const off = value - levelOf(grid, nearestRangeCode(value, grid, bits[j]!), bits[j]!)
    return sum + importance[j]! * off * off
  }, 0)

/** Ends of a group: its smallest and largest weight, or, for 1-bit columns, mean ∓ mean |w − mean|. */
function endsOf(w: number[], bits: number[], importance: number[]): { low: number; high: number; mean: number } {
  const total = importance.reduce((sum, value) => sum + value, 0)
  const average = (values: number[]) => values.reduce((sum, value, j) => sum + importance[j]! * value, 0) / total
  const mean = average(w)
  const deviation = average(w.map((value) => Math.abs(value - mean)))
  if (bits[0] === 1) return { low: mean - deviation, high: mean + deviation, mean }
  return { low: Math.min(...w), high: Math.max(...w), mean }
}

/** Low and range of a group as stored. */
export function plainRange(w: number[], bits: number[]): RangeReference {
  const { low, high } = endsOf(
    w,
    bits,
    w.map(() => 1),
  )
  return { low: half(low), range: half(high - low) }
}

/** The same by search: 32 shrunken pairs of ends, each refitted twice; the least error of all wins. */
export function searchedRange(w: number[], bits: number[], importance: number[]): RangeReference {
  const { low, high, mean } = endsOf(w, bits, importance)
  let best = { low: 0, range: 0, error: Number.POSITIVE_INFINITY }
  for (let s = 0; s < 32; s++) {
    const factor = 1 - (0.65 * s) / 31
    let grid = { low: half(mean + factor * (low - mean)), range: half(factor * (high - low)) }
    for (let round = 0; round <= 2; round++) {
      const error = rangeError(w, bits, importance, grid)
      if (error < best.error) best = { ...grid, error }
      grid = refitted(w, bits, importance, grid)
    }
  }
  return best
}

/** The (low, range) with the least weighted squared error for the codes that `grid` gives: two normal equations. */
function refitted(w: number[], bits: number[], importance: number[], grid: RangeReference): RangeReference {
  let [s0, s1, s2, t0, t1] = [0, 0, 0, 0, 0]
  w.forEach((value, j) => {
    const x = nearestRangeCode(value, grid, bits[j]!) / (2 ** bits[j]! - 1)
    const weight = importance[j]!
    s0 += weight
    s1 += weight * x
    s2 += weight * x * x
    t0 += weight * value
    t1 += weight * value * x
  })
  const determinant = s0 * s2 - s1 * s1
  if (!(determinant > 1e-12 * s0 * s0)) return grid
  const slope = half((s0 * t1 - s1 * t0) / determinant)
  return slope > 0 ? { low: half((t0 - slope * s1) / s0), range: slope } : grid
}

export interface MixedReferenceOptions {
  /** Of every column, original order. */
  readonly widths: ArrayLike<number>
  readonly groupOf: ArrayLike<number>
  /** Original column at each place. */
  readonly order: ArrayLike<number>
  /** Columns after which groups that begin next are ranged. */
  readonly block: number
  readonly search: boolean
  readonly importance: ArrayLike<number>
}

/**
 * GPTQ over columns of several widths in float64, one column at a time: w [rows, n], `u` [n, n] the upper factor of the
 * inverse Hessian in quantization order, `diagonal` of H in original order, 0 for dead columns. Before each block of
 * places, every group whose first column lies in it is ranged on the weights as they are. Without a factor, rounding
 * to nearest. Returns codes and dequantized weights [rows, n], original order.
 */
export function mixedReference(
  w: ArrayLike<number>,
  factor: { readonly u: ArrayLike<number>; readonly diagonal: ArrayLike<number> } | null,
  rows: number,
  n: number,
  { widths, groupOf, order, block, search, importance }: MixedReferenceOptions,
) {
  const places = Array.from(order)
  const first = new Map<number, number>()
  places.forEach((column, place) => {
    if (!first.has(groupOf[column]!)) first.set(groupOf[column]!, place)
  })
  const codes = new Uint8Array(rows * n)
  const weights = new Float64Array(rows * n)
  for (let r = 0; r < rows; r++) {
    const row = places.map((column) => (factor?.diagonal[column] === 0 ? 0 : w[r * n + column]!))
    const grids = new Map<number, RangeReference>()
    const findRanges = (begin: number) => {
      for (const [group, place] of first) {
        if (place < begin || place >= begin + block) continue
        const members = places.flatMap((column, i) => (groupOf[column] === group ? [i] : []))
        const values = members.map((i) => row[i]!)
        const bits = members.map((i) => widths[places[i]!]!)
        const worth = members.map((i) => importance[places[i]!]!)
        grids.set(group, search ? searchedRange(values, bits, worth) : plainRange(values, bits))
      }
    }
    places.forEach((column, i) => {
      if (i % block === 0) findRanges(i)
      const grid = grids.get(groupOf[column]!)!
      const code = nearestRangeCode(row[i]!, grid, widths[column]!)
      const value = levelOf(grid, code, widths[column]!)
      if (factor) {
        const error = (row[i]! - value) / factor.u[i * n + i]!
        for (let j = i; j < n; j++) row[j]! -= error * factor.u[i * n + j]!
      }
      codes[r * n + column] = code
      weights[r * n + column] = value
    })
  }
  return { codes, weights }
}

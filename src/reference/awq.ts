import type { BlockGrid } from '../formats/gguf/grids'
import { blockLines, type Line } from './block-grid'
import { half, nearestCode, roundHalfEven } from './gptq'

export interface AwqReferenceOptions {
  readonly bits: number
  readonly groupSize: number
}

/** Step and zero of columns [begin, end) of one row in AWQ's dialect, both ends multiplied by `shrink`. */
export function minMaxReference(
  row: ArrayLike<number>,
  begin: number,
  end: number,
  bits: number,
  shrink = 1,
): [step: number, zero: number] {
  let [low, high] = [0, 0]
  for (let j = begin; j < end; j++) {
    low = Math.min(low, row[j]!)
    high = Math.max(high, row[j]!)
  }
  const top = 2 ** bits - 1
  const step = half(Math.max(shrink * (high - low), 1e-5) / top)
  return [step, Math.min(top, Math.max(0, -roundHalfEven((shrink * low) / step)))]
}

/** dᵀ H_gg d of columns [begin, end) of a row of w rounded to a grid; h [n, n]. */
function groupErrorReference(
  row: ArrayLike<number>,
  h: ArrayLike<number>,
  n: number,
  [begin, end]: readonly [number, number],
  [step, zero]: readonly [number, number],
  bits: number,
): number {
  const d = Array.from({ length: end - begin }, (_, i) => {
    const w = row[begin + i]!
    return step * (nearestCode(w, step, zero, bits) - zero) - w
  })
  let error = 0
  for (let i = 0; i < d.length; i++)
    for (let j = 0; j < d.length; j++) error += d[i]! * h[(begin + i) * n + begin + j]! * d[j]!
  return error
}

/** Errors of the ten ranges of AWQ's clip search, for every (row, group) of w [rows, n]: [rows · groups][10]. */
export function clipErrorsReference(
  w: Float32Array,
  h: ArrayLike<number>,
  n: number,
  { bits, groupSize }: AwqReferenceOptions,
): { readonly grids: [number, number][]; readonly errors: number[] }[] {
  const size = groupSize === -1 ? n : groupSize
  const groups = Math.ceil(n / size)
  return Array.from({ length: (w.length / n) * groups }, (_, at) => {
    const row = w.subarray(Math.floor(at / groups) * n)
    const begin = (at % groups) * size
    const end = Math.min(n, begin + size)
    const grids = Array.from({ length: 10 }, (_, i) => minMaxReference(row, begin, end, bits, 1 - i / 20))
    return { grids, errors: grids.map((grid) => groupErrorReference(row, h, n, [begin, end], grid, bits)) }
  })
}

/** Q(W·diag(s))·diag(s)⁻¹ of w [rows, n], Q rounding to nearest on min–max grids. */
export function roundedReference(
  w: ArrayLike<number>,
  s: ArrayLike<number>,
  n: number,
  { bits, groupSize }: AwqReferenceOptions,
): Float64Array {
  const size = groupSize === -1 ? n : groupSize
  const rounded = Float64Array.from({ length: w.length }, (_, i) => Math.fround(w[i]! * s[i % n]!))
  for (let first = 0; first < w.length; first += n) {
    const row = rounded.subarray(first, first + n)
    for (let begin = 0; begin < n; begin += size) {
      const end = Math.min(n, begin + size)
      const [step, zero] = minMaxReference(row, begin, end, bits)
      for (let j = begin; j < end; j++) row[j] = (step * (nearestCode(row[j]!, step, zero, bits) - zero)) / s[j]!
    }
  }
  return rounded
}

/** The nearest level of w on a line of codes 0 … top. */
const nearestOnLine = (w: number, { step, low }: Line, top: number): number =>
  low + step * Math.min(top, Math.max(0, roundHalfEven((w - low) / step)))

/**
 * Errors dᵀ H_bb d of the ten clips of AWQ's search on a type's levels, for every (row, block) of w [rows, n]:
 * [rows · blocks][10].
 *
 * @param importance diag H [n], by which lines are searched
 */
export function blockClipErrorsReference(
  w: Float32Array,
  h: ArrayLike<number>,
  importance: ArrayLike<number>,
  n: number,
  grid: BlockGrid,
): number[][] {
  const width = grid.size * grid.count
  return Array.from({ length: w.length / width }, (_, at) => {
    const first = at * width
    const begin = first % n
    const omega = Float64Array.from({ length: width }, (_, i) => importance[begin + i]!)
    return Array.from({ length: 10 }, (_, i) => {
      const x = Float64Array.from(w.subarray(first, first + width))
      for (let sub = 0; sub < width; sub += grid.size) drawIn(x.subarray(sub, sub + grid.size), 1 - i / 20)
      return blockErrorReference(w.subarray(first, first + width), h, n, begin, blockLines(x, omega, grid), grid)
    })
  })
}

/** dᵀ H_bb d of a block of weights that begins with column `begin`, rounded to the lines of its sub-blocks. */
export function blockErrorReference(
  w: ArrayLike<number>,
  h: ArrayLike<number>,
  n: number,
  begin: number,
  lines: readonly Line[],
  { size, bits }: BlockGrid,
): number {
  const d = Array.from(w, (value, i) => nearestOnLine(value, lines[Math.floor(i / size)]!, 2 ** bits - 1) - value)
  let error = 0
  for (let i = 0; i < d.length; i++)
    for (let j = 0; j < d.length; j++) error += d[i]! * h[(begin + i) * n + begin + j]! * d[j]!
  return error
}

/** Both ends of some weights, 0 among them, multiplied by `shrink`. */
function drawIn(x: Float64Array, shrink: number): void {
  const [low, high] = [Math.min(0, ...x), Math.max(0, ...x)]
  x.forEach((value, i) => {
    x[i] = Math.min(shrink * high, Math.max(shrink * low, value))
  })
}

/** Q(W·diag(s))·diag(s)⁻¹ of w [rows, n], Q rounding to nearest on lines of a type found by `importance`. */
export function roundedOnTypeReference(
  w: ArrayLike<number>,
  s: ArrayLike<number>,
  importance: ArrayLike<number>,
  n: number,
  grid: BlockGrid,
): Float64Array {
  const width = grid.size * grid.count
  const y = Float64Array.from({ length: w.length }, (_, i) => Math.fround(w[i]! * s[i % n]!))
  for (let first = 0; first < y.length; first += width) {
    const omega = Float64Array.from({ length: width }, (_, i) => importance[(first % n) + i]!)
    const lines = blockLines(y.subarray(first, first + width), omega, grid)
    for (let i = 0; i < width; i++) {
      const line = lines[Math.floor(i / grid.size)]!
      y[first + i] = nearestOnLine(y[first + i]!, line, 2 ** grid.bits - 1) / s[(first + i) % n]!
    }
  }
  return y
}

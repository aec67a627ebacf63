import { upperFactorOfInverseReference } from './linalg'

/** The nearest float16 of a value that is not negative, but never 0: a step is divided by. */
export const half = (value: number): number => {
  const unit = 2 ** (Math.max(-14, Math.floor(Math.log2(value))) - 10)
  return Math.max(2 ** -24, roundHalfEven(value / unit) * unit)
}

export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
}

/** Ties go to even multiples of the step, as round(w / step) + zero does; one-bit symmetric grids have zero ½. */
export function nearestCode(w: number, step: number, zero: number, bits: number): number {
  const whole = Math.floor(zero)
  return Math.min(2 ** bits - 1, Math.max(0, roundHalfEven(w / step + (zero - whole)) + whole))
}

/** Step and zero of columns [begin, end) of one row: min-max with zero inside (GPTQ), steps as float16. */
export function rangeReference(
  row: ArrayLike<number>,
  begin: number,
  end: number,
  bits: number,
  symmetric: boolean,
): [number, number] {
  let [low, high, magnitude] = [0, 0, 0]
  for (let j = begin; j < end; j++) {
    low = Math.min(low, row[j]!)
    high = Math.max(high, row[j]!)
    magnitude += Math.abs(row[j]!)
  }
  const top = 2 ** bits - 1
  if (symmetric && bits === 1) return [2 * half(magnitude / (end - begin)), 0.5]
  if (low === 0 && high === 0) [low, high] = [-1, 1]
  if (symmetric) return [half((2 * Math.max(-low, high)) / top), 2 ** (bits - 1)]
  const step = half((high - low) / top)
  return [step, Math.min(top, roundHalfEven(-low / step))]
}

export interface GptqReferenceOptions {
  readonly bits: number
  readonly groupSize: number
  readonly symmetric: boolean
  readonly actOrder: boolean
  readonly damping: number
}

/**
 * GPTQ in float64, one column at a time, straight from the paper's algorithm 1: w [rows, n], h [n, n] full.
 * With actOrder groups are ranged beforehand (static groups). Returns codes and dequantized weights, original order.
 */
export function gptqReference(
  w: ArrayLike<number>,
  h: ArrayLike<number>,
  rows: number,
  n: number,
  options: GptqReferenceOptions,
) {
  const { bits, symmetric, actOrder, damping } = options
  const groupSize = options.groupSize === -1 ? n : options.groupSize
  const diagonal = Array.from({ length: n }, (_, j) => h[j * n + j]!)
  const order = diagonal.map((_, j) => j)
  if (actOrder) order.sort((a, b) => diagonal[b]! - diagonal[a]! || a - b)
  const live = diagonal.map((d) => (d === 0 ? 1 : d))
  const lambda = (damping * live.reduce((sum, d) => sum + d, 0)) / n
  const damped = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) damped[i * n + j] = i === j ? live[order[i]!]! + lambda : h[order[i]! * n + order[j]!]!
  const u = upperFactorOfInverseReference(damped, n)

  const codes = new Uint8Array(rows * n)
  const weights = new Float64Array(rows * n)
  for (let r = 0; r < rows; r++) {
    const original = Float64Array.from({ length: n }, (_, j) => w[r * n + j]!)
    const row = Float64Array.from(order, (column) => (diagonal[column] === 0 ? 0 : original[column]!))
    const fixed = actOrder || groupSize >= n
    const grids = Array.from({ length: Math.ceil(n / groupSize) }, (_, g) =>
      rangeReference(original, g * groupSize, Math.min(n, (g + 1) * groupSize), bits, symmetric),
    )
    order.forEach((column, i) => {
      const g = Math.floor(column / groupSize)
      if (!fixed && column % groupSize === 0)
        grids[g] = rangeReference(row, column, Math.min(n, column + groupSize), bits, symmetric)
      const [step, zero] = grids[g]!
      const code = nearestCode(row[i]!, step, zero, bits)
      const value = step * (code - zero)
      const error = (row[i]! - value) / u[i * n + i]!
      for (let j = i; j < n; j++) row[j]! -= error * u[i * n + j]!
      codes[r * n + column] = code
      weights[r * n + column] = value
    })
  }
  return { codes, weights }
}

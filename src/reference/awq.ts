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
export function groupErrorReference(
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

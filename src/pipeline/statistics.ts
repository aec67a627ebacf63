import type { Interval, Share } from '../measurement-records'

/** t of 97.5 %: of 1, 2 and 3 degrees of freedom; beyond, the series of Abramowitz and Stegun 26.7.5, right to 0.1 %. */
const FEW = [12.706, 4.303, 3.182]
const SERIES = [1.959964, 2.37227, 2.82253, 2.55587, 1.58954]

/** Of Student's distribution, the number that is exceeded in either direction by chance once in 20 times. */
export const studentT = (freedom: number): number =>
  FEW[freedom - 1] ?? SERIES.reduce((sum, term, k) => sum + term / freedom ** k, 0)

export const mean = (values: ArrayLike<number>): number => sum(values) / values.length

export function sum(values: ArrayLike<number>): number {
  let all = 0
  for (let i = 0; i < values.length; i++) all += values[i]!
  return all
}

/** Of the mean of independent values; null for a single one. */
export function standardError(values: ArrayLike<number>): number | null {
  const n = values.length
  if (n < 2) return null
  const middle = mean(values)
  let squares = 0
  for (let i = 0; i < n; i++) squares += (values[i]! - middle) ** 2
  return Math.sqrt(squares / (n - 1) / n)
}

/**
 * The mean of values of independent windows and its 95 % confidence interval, mean ± t·s/√n. Tokens are no units of
 * their own: those of a window share a context, and their losses go together. Null for a single window.
 */
export function meanInterval(values: ArrayLike<number>): Interval | null {
  const error = standardError(values)
  if (error === null) return null
  const [middle, reach] = [mean(values), studentT(values.length - 1) * error]
  return { low: middle - reach, high: middle + reach }
}

/** The same interval in another unit, by a function that only rises. */
export const mapInterval = (interval: Interval | null, f: (value: number) => number): Interval | null =>
  interval && { low: f(interval.low), high: f(interval.high) }

/** Means of runs of `length` values, which follow each other without a rest. */
export function meansOfRuns(values: Float32Array | Float64Array, length: number): Float64Array {
  return Float64Array.from({ length: values.length / length }, (_, run) =>
    mean(values.subarray(run * length, (run + 1) * length)),
  )
}

/** The value below which a part of ascending values lies, between two of them in proportion, as llama.cpp takes it. */
export function percentile(ascending: ArrayLike<number>, part: number): number {
  const at = part * (ascending.length - 1)
  const below = Math.floor(at)
  const low = ascending[below]!
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!
  return low + (at - below) * (high - low)
}

/** `count` of `all` independent items as a part of them, with its standard error. */
export function shareOf(count: number, all: number): Share {
  const value = count / all
  return { value, error: all < 2 ? null : Math.sqrt((value * (1 - value)) / (all - 1)) }
}

import type { BlockGrid } from '../formats/gguf/grids'
import { roundHalfEven } from './gptq'

/** A line of levels low + step·code. */
export interface Line {
  readonly step: number
  readonly low: number
}

const LEAST = 2 ** -24
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** A value that is not negative with so many significant bits, a multiple of 2^−24 at least. */
function coarse(value: number, bits: number, round: (value: number) => number): number {
  const quantum = Math.max(LEAST, 2 ** (Math.floor(Math.log2(value)) - bits + 1))
  return value > 0 ? Math.max(LEAST, round(value / quantum) * quantum) : LEAST
}

const half = (value: number) => Math.sign(value) * coarse(Math.abs(value), 11, roundHalfEven)

/** Σ ω·(x − nearest level)². */
export function lineError(x: ArrayLike<number>, omega: ArrayLike<number>, { step, low }: Line, top: number): number {
  let error = 0
  for (let i = 0; i < x.length; i++) {
    const off = x[i]! - low - step * clamp(roundHalfEven((x[i]! - low) / step), 0, top)
    error += omega[i]! * off * off
  }
  return error
}

/** Scale of the search of ggml's make_qx_quants: w ≈ scale·l, −zero ≤ l < zero, of either sign. */
function searchScale(x: ArrayLike<number>, omega: ArrayLike<number>, zero: number, trials = 21): number {
  let peak = 0
  for (let i = 0; i < x.length; i++) if (Math.abs(x[i]!) > Math.abs(peak)) peak = x[i]!
  if (peak === 0) return 0
  let [best, scale] = [-1, 0]
  for (let trial = 0; trial < trials; trial++) {
    const inverse = -(zero + 0.1 * (trial - Math.floor(trials / 2))) / peak
    let [xl, ll] = [0, 0]
    for (let i = 0; i < x.length; i++) {
      const l = clamp(roundHalfEven(inverse * x[i]!), -zero, zero - 1)
      xl += omega[i]! * x[i]! * l
      ll += omega[i]! * l * l
    }
    if (ll > 0 && xl * xl > best * ll) [best, scale] = [(xl * xl) / ll, xl / ll]
  }
  return scale
}

/** Line of the search of ggml's make_qkx3_quants; `below` keeps its low from being positive. */
function searchLine(
  x: ArrayLike<number>,
  omega: ArrayLike<number>,
  top: number,
  below: boolean,
  { trials = 21, start = -1, stride = 0.1 } = {},
): Line {
  let [low, high] = [x[0]!, x[0]!]
  for (let i = 1; i < x.length; i++) [low, high] = [Math.min(low, x[i]!), Math.max(high, x[i]!)]
  if (below) low = Math.min(low, 0)
  if (high <= low) return { step: 0, low }
  let line: Line = { step: (high - low) / top, low }
  let best = lineError(x, omega, line, top)
  for (let trial = 0; trial < trials; trial++) {
    const inverse = (top + start + stride * trial) / (high - low)
    let [w1, x1, l1, ll, xl] = [0, 0, 0, 0, 0]
    for (let i = 0; i < x.length; i++) {
      const l = clamp(roundHalfEven(inverse * (x[i]! - low)), 0, top)
      w1 += omega[i]!
      x1 += omega[i]! * x[i]!
      l1 += omega[i]! * l
      ll += omega[i]! * l * l
      xl += omega[i]! * x[i]! * l
    }
    const determinant = w1 * ll - l1 * l1
    if (!(determinant > 0)) continue
    let fit = { step: (w1 * xl - x1 * l1) / determinant, low: (ll * x1 - l1 * xl) / determinant }
    if (below && fit.low > 0) fit = { step: xl / ll, low: 0 }
    if (!(fit.step > 0)) continue
    const error = lineError(x, omega, fit, top)
    if (error < best) [best, line] = [error, fit]
  }
  return line
}

/** The lines of one block's sub-blocks, as shaders/block_grid.wgsl finds them. x, omega: [count · size]. */
export function blockLines(x: Float64Array, importance: Float64Array, grid: BlockGrid): Line[] {
  const { bits, size, count, most, symmetric, stepBits, lowBits } = grid
  const top = 2 ** bits - 1
  const zero = 2 ** (bits - 1)
  const omega = importance.map((value) => Math.max(value, 1e-20))
  const parts = Array.from({ length: count }, (_, sub) => {
    const [begin, end] = [sub * size, (sub + 1) * size]
    return { x: x.subarray(begin, end), omega: omega.subarray(begin, end) }
  })
  const found = parts.map(
    (part): Line =>
      symmetric
        ? { step: searchScale(part.x, part.omega, zero), low: 0 }
        : searchLine(part.x, part.omega, top, count > 1),
  )
  const [first] = found
  if (count === 1 && symmetric) {
    const step = half(first!.step) || LEAST
    return [{ step, low: -zero * step }]
  }
  if (count === 1) return [{ step: coarse(first!.step, stepBits, roundHalfEven), low: half(first!.low) }]
  const largest = (of: keyof Line) => found.reduce((most, line) => Math.max(most, Math.abs(line[of])), 0)
  const unit = {
    step: coarse(largest('step') / most, stepBits, Math.ceil),
    low: coarse(largest('low') / most, lowBits, Math.ceil),
  }
  return found.map((line, sub) => {
    const near = [-1, 0, 1]
    const steps = near.map((i) => {
      const factor = clamp(roundHalfEven(line.step / unit.step) + i, symmetric ? -most : 1, most)
      return (factor || 1) * unit.step
    })
    const lows = near.map((i) => clamp(roundHalfEven(line.low / unit.low) + i, -most, 0) * unit.low)
    const candidates = symmetric
      ? steps.map((step) => ({ step, low: -zero * step }))
      : steps.flatMap((step) => lows.map((low) => ({ step, low })))
    const errors = candidates.map((candidate) => lineError(parts[sub]!.x, parts[sub]!.omega, candidate, top))
    return candidates[errors.indexOf(Math.min(...errors))]!
  })
}

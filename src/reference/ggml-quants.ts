import type { GridName } from '../formats/gguf/grids'
import type { RowLevels } from '../formats/gguf/levels'
import { half, roundHalfEven } from './gptq'

/**
 * Rounding to nearest as llama.cpp's `llama-quantize --pure` does it without an importance matrix: quantize_row_*_ref of
 * ggml-quants.c, in float64. What others lose at the same size.
 */

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))
const signedHalf = (value: number) => (value === 0 ? 0 : Math.sign(value) * half(Math.abs(value)))

type Fill = (row: Float32Array, first: number, out: RowLevels) => void

const peakOf = (x: ArrayLike<number>): number => {
  let peak = 0
  for (let i = 0; i < x.length; i++) if (Math.abs(x[i]!) > Math.abs(peak)) peak = x[i]!
  return peak
}

/** A scale that brings the weight of the largest magnitude to the end of the codes. */
const flat =
  (bits: number): Fill =>
  (row, first, out) => {
    const x = row.subarray(first, first + 32)
    const zero = 2 ** (bits - 1)
    const scale = bits === 8 ? Math.abs(peakOf(x)) / 127 : peakOf(x) / -zero
    put(out, first, 32, signedHalf(scale), -zero * signedHalf(scale), (i) =>
      scale === 0 ? zero : clamp(Math.floor(x[i]! / scale + zero + 0.5), 0, 2 * zero - 1),
    )
  }

/** From the smallest weight to the largest. */
const minMax =
  (top: number): Fill =>
  (row, first, out) => {
    const x = row.subarray(first, first + 32)
    const low = Math.min(...x)
    const scale = (Math.max(...x) - low) / top
    put(out, first, 32, signedHalf(scale), signedHalf(low), (i) =>
      scale === 0 ? 0 : Math.min(top, Math.floor((x[i]! - low) / scale + 0.5)),
    )
  }

function put(out: RowLevels, first: number, count: number, step: number, low: number, codeOf: (i: number) => number) {
  for (let i = 0; i < count; i++) {
    out.steps[first + i] = step
    out.lows[first + i] = low
    out.codes[first + i] = codeOf(i)
  }
}

interface Search {
  readonly size: number
  readonly top: number
  readonly most: number
  readonly start: number
  readonly steps: number
  /** Errors count by their magnitude, weights by theirs. */
  readonly absolute: boolean
}

/** make_qkx2_quants: scale and what is taken off. */
function searchLine(x: Float32Array, omega: Float64Array, { top, start, steps, absolute }: Search): [number, number] {
  let low = Math.min(0, ...x)
  const high = Math.max(...x)
  if (high === low) return [0, -low]
  const codes = (inverse: number) => Float64Array.from(x, (v) => clamp(roundHalfEven(inverse * (v - low)), 0, top))
  const errorOf = (l: Float64Array, scale: number, min: number) =>
    l.reduce((sum, code, i) => {
      const off = scale * code + min - x[i]!
      return sum + omega[i]! * (absolute ? Math.abs(off) : off * off)
    }, 0)
  let scale = (high - low) / top
  let best = errorOf(codes(top / (high - low)), scale, low)
  for (let step = 0; step <= steps; step++) {
    const l = codes((start + 0.1 * step + top) / (high - low))
    let [w1, x1, l1, ll, xl] = [0, 0, 0, 0, 0]
    l.forEach((code, i) => {
      w1 += omega[i]!
      x1 += omega[i]! * x[i]!
      l1 += omega[i]! * code
      ll += omega[i]! * code * code
      xl += omega[i]! * code * x[i]!
    })
    const determinant = w1 * ll - l1 * l1
    if (!(determinant > 0)) continue
    let [slope, min] = [(w1 * xl - x1 * l1) / determinant, (ll * x1 - l1 * xl) / determinant]
    if (min > 0) [slope, min] = [xl / ll, 0]
    const error = errorOf(l, slope, min)
    if (error < best) [best, scale, low] = [error, slope, min]
  }
  return [scale, -low]
}

/** Q2_K, Q4_K, Q5_K. */
const nested =
  (search: Search): Fill =>
  (row, first, out) => {
    const { size, top, most, absolute } = search
    const subs = Array.from({ length: 256 / size }, (_, sub) =>
      row.subarray(first + sub * size, first + (sub + 1) * size),
    )
    const found = subs.map((x) => {
      const spread = absolute ? 0 : Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / size)
      return searchLine(
        x,
        Float64Array.from(x, (v) => spread + Math.abs(v)),
        search,
      )
    })
    const largest = [0, 1].map((k) => Math.max(0, ...found.map((line) => line[k]!))) as [number, number]
    const units = largest.map((value) => signedHalf(value / most)) as [number, number]
    const factor = (value: number, of: number) => (of > 0 ? Math.min(most, roundHalfEven((most / of) * value)) : 0)
    subs.forEach((x, sub) => {
      const step = units[0] * factor(found[sub]![0], largest[0])
      const min = units[1] * factor(found[sub]![1], largest[1])
      put(out, first + sub * size, size, step, -min, (i) =>
        step === 0 ? 0 : clamp(roundHalfEven((x[i]! + min) / step), 0, top),
      )
    })
  }

/** make_q3_quants: single codes are changed while that helps. */
function searchThreeBits(x: Float32Array): number {
  const peak = peakOf(x)
  if (peak === 0) return 0
  const l = Float64Array.from(x, (v) => clamp(roundHalfEven((-4 / peak) * v), -4, 3))
  let [xl, ll] = [0, 0]
  x.forEach((v, i) => {
    xl += v * v * v * l[i]!
    ll += v * v * l[i]! * l[i]!
  })
  for (let round = 0, changed = true; round < 5 && changed; round++) {
    changed = false
    x.forEach((v, i) => {
      const w = v * v
      let without = xl - w * v * l[i]!
      if (!(without > 0)) return
      let squares = ll - w * l[i]! * l[i]!
      const code = clamp(roundHalfEven((v * squares) / without), -4, 3)
      if (code === l[i]) return
      without += w * v * code
      squares += w * code * code
      if (!(squares > 0 && without * without * ll > xl * xl * squares)) return
      l[i] = code
      ;[xl, ll, changed] = [without, squares, true]
    })
  }
  return ll > 0 ? xl / ll : 0
}

/** make_qx_quants with squares of the weights as weights. */
function searchSixBits(x: Float32Array): number {
  const peak = peakOf(x)
  if (peak === 0) return 0
  let [best, scale] = [-1, 0]
  for (const trial of [0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const inverse = -(32 + 0.1 * trial) / peak
    let [xl, ll] = [0, 0]
    for (const v of x) {
      const l = clamp(roundHalfEven(inverse * v), -32, 31)
      xl += v * v * v * l
      ll += v * v * l * l
    }
    if (ll > 0 && xl * xl > best * ll) [best, scale] = [(xl * xl) / ll, xl / ll]
  }
  return scale
}

/** Q3_K and Q6_K: scales of either sign, the largest becomes −`most` − 1. */
const signed =
  (zero: number, most: number, search: (x: Float32Array) => number): Fill =>
  (row, first, out) => {
    const subs = Array.from({ length: 16 }, (_, sub) => row.subarray(first + sub * 16, first + (sub + 1) * 16))
    const found = subs.map(search)
    const peak = peakOf(found)
    const unit = signedHalf(peak / -(most + 1))
    subs.forEach((x, sub) => {
      const factor = peak === 0 ? 0 : clamp(roundHalfEven((-(most + 1) / peak) * found[sub]!), -most - 1, most)
      const step = unit * factor
      put(out, first + sub * 16, 16, step, -zero * step, (i) =>
        step === 0 ? zero : clamp(roundHalfEven(x[i]! / step), -zero, zero - 1) + zero,
      )
    })
  }

const fills: Readonly<Record<GridName, [width: number, fill: Fill]>> = {
  Q2_K: [256, nested({ size: 16, top: 3, most: 15, start: -0.5, steps: 15, absolute: true })],
  Q3_K: [256, signed(4, 31, searchThreeBits)],
  Q4_0: [32, flat(4)],
  Q4_1: [32, minMax(15)],
  Q4_K: [256, nested({ size: 32, top: 15, most: 63, start: -1, steps: 20, absolute: false })],
  Q5_0: [32, flat(5)],
  Q5_1: [32, minMax(31)],
  Q5_K: [256, nested({ size: 32, top: 31, most: 63, start: -0.5, steps: 15, absolute: false })],
  Q6_K: [256, signed(32, 127, searchSixBits)],
  Q8_0: [32, flat(8)],
}

/** The levels and codes that llama.cpp would give a row. */
export function ggmlLevels(type: GridName, row: Float32Array): RowLevels {
  const out = {
    steps: new Float32Array(row.length),
    lows: new Float32Array(row.length),
    codes: new Uint8Array(row.length),
  }
  const [width, fill] = fills[type]
  for (let first = 0; first < row.length; first += width) fill(row, first, out)
  return out
}

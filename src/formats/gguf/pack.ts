import { exactHalf, putHalf } from './halves'
import type { RowLevels } from './levels'
import type { GgmlTypeName } from './types'

/**
 * Writes the block of `row` that begins with column `first` to `bytes` from `at` on, so that ggml decodes the very weights; false
 * where the type cannot hold them. `bytes` is zero where the block goes. Layouts: ggml-common.h and ggml-quants.c.
 */
export type PackBlock = (row: RowLevels, first: number, bytes: Uint8Array, at: number) => boolean

/** Columns of a row whose weights are unit·n. */
export interface Lattice {
  readonly unit: number
  /** n = codes·factor + shift. */
  readonly factor: number
  readonly shift: number
}

/** Columns [first, first + count) as whole multiples of one unit; null where they are on several lines, or off zero. */
export function latticeOf({ steps, lows }: RowLevels, first: number, count: number): Lattice | null {
  const step = steps[first]!
  const low = lows[first]!
  if (!alike(steps, first, count) || !alike(lows, first, count)) return null
  if (step === 0) return low === 0 ? { unit: 0, factor: 0, shift: 0 } : null
  const shift = low / step
  if (Number.isInteger(shift)) return { unit: step, factor: 1, shift }
  return Number.isInteger(2 * shift) ? { unit: step / 2, factor: 2, shift: 2 * shift } : null
}

export function alike(values: Float32Array, first: number, count: number): boolean {
  for (let i = first + 1; i < first + count; i++) if (values[i] !== values[first]) return false
  return true
}

/**
 * The multiples of [first, first + count) into `out`, and their unit with the sign that puts them all inside [least, most];
 * null where neither sign does.
 */
export function multiplesWithin(
  row: RowLevels,
  first: number,
  count: number,
  [least, most]: readonly [number, number],
  out: Int32Array,
): number | null {
  const lattice = latticeOf(row, first, count)
  if (!lattice) return null
  const { unit, factor, shift } = lattice
  let [low, high] = [0, 0]
  for (let i = 0; i < count; i++) {
    const n = row.codes[first + i]! * factor + shift
    out[i] = n
    low = Math.min(low, n)
    high = Math.max(high, n)
  }
  if (low >= least && high <= most) return unit
  if (-high < least || -low > most) return null
  for (let i = 0; i < count; i++) out[i] = -out[i]!
  return -unit
}

/** Blocks that are multiples of one float16: `put` stores n − least of every column. */
function symmetric(
  size: number,
  range: readonly [number, number],
  scaleAt: number,
  put: (bytes: Uint8Array, at: number, i: number, code: number) => void,
): PackBlock {
  const multiples = new Int32Array(size)
  return (row, first, bytes, at) => {
    const unit = multiplesWithin(row, first, size, range, multiples)
    const half = unit === null ? -1 : exactHalf(unit)
    if (half < 0) return false
    putHalf(bytes, at + scaleAt, half)
    for (let i = 0; i < size; i++) put(bytes, at, i, multiples[i]! - range[0])
    return true
  }
}

/** Blocks of scale·code + min with codes of `bits` bits. */
function affine(bits: number, put: (bytes: Uint8Array, at: number, i: number, code: number) => void): PackBlock {
  return ({ steps, lows, codes }, first, bytes, at) => {
    if (!alike(steps, first, 32) || !alike(lows, first, 32)) return false
    const scale = exactHalf(steps[first]!)
    const min = exactHalf(lows[first]!)
    if (scale < 0 || min < 0) return false
    for (let i = 0; i < 32; i++) {
      if (codes[first + i]! >= 2 ** bits) return false
      put(bytes, at, i, codes[first + i]!)
    }
    putHalf(bytes, at, scale)
    putHalf(bytes, at + 2, min)
    return true
  }
}

/** Code i and i + 16 share a byte, the fifth bits lie apart where there are any. */
const nibbles =
  (start: number, fifth: number | null = null) =>
  (bytes: Uint8Array, at: number, i: number, code: number) => {
    bytes[at + start + (i % 16)]! |= (code & 15) << (i < 16 ? 0 : 4)
    if (fifth !== null) bytes[at + fifth + (i >> 3)]! |= (code >> 4) << (i & 7)
  }

/** Types whose blocks have one scale. */
export const flatBlocks = {
  Q1_0: oneBit(),
  TQ2_0: symmetric(256, [-1, 1], 64, (bytes, at, i, code) => {
    bytes[at + 32 * (i >> 7) + (i & 31)]! |= code << (2 * ((i >> 5) & 3))
  }),
  Q2_0: symmetric(64, [-1, 2], 0, (bytes, at, i, code) => {
    bytes[at + 2 + (i >> 2)]! |= code << (2 * (i & 3))
  }),
  Q4_0: symmetric(32, [-8, 7], 0, nibbles(2)),
  Q4_1: affine(4, nibbles(4)),
  Q5_0: symmetric(32, [-16, 15], 0, nibbles(6, 2)),
  Q5_1: affine(5, nibbles(8, 4)),
  Q8_0: symmetric(32, [-128, 127], 0, (bytes, at, i, code) => {
    bytes[at + 2 + i] = code - 128
  }),
} satisfies Partial<Record<GgmlTypeName, PackBlock>>

/** ± a float16, without a zero between. */
function oneBit(): PackBlock {
  const multiples = new Int32Array(128)
  return (row, first, bytes, at) => {
    const unit = multiplesWithin(row, first, 128, [-1, 1], multiples)
    const half = unit === null || (unit !== 0 && multiples.includes(0)) ? -1 : exactHalf(unit)
    if (half < 0) return false
    putHalf(bytes, at, half)
    for (let i = 0; i < 128; i++) bytes[at + 2 + (i >> 3)]! |= Number(multiples[i]! > 0) << (i & 7)
    return true
  }
}

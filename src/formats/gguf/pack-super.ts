import { multiplesOf, putHalf } from './halves'
import type { RowLevels } from './levels'
import { alike, multiplesWithin, type PackBlock } from './pack'
import type { GgmlTypeName } from './types'

/** Columns of a super-block; its sub-blocks have scales that are whole multiples of a float16. */
const SUPER = 256

const NEGATIVE = 0x8000

/** Puts code i of a super-block into its place. */
type PutCode = (bytes: Uint8Array, at: number, i: number, code: number) => void

/** Super-blocks of d·sc·code − dmin·m, sub-blocks of `size` columns, codes of `bits` bits, sc and m at most `most`. */
function affine(
  { size, bits, most, halves }: { size: number; bits: number; most: number; halves: number },
  putScale: (bytes: Uint8Array, at: number, sub: number, scale: number, min: number) => void,
  putCode: PutCode,
): PackBlock {
  const count = SUPER / size
  return (row, first, bytes, at) => {
    const lines = linesOf(row, first, size, count)
    const scales = lines && oneSigned(lines.steps, most)
    const mins = lines && oneSigned(lines.lows, most)
    if (!scales || !mins) return false
    for (let i = 0; i < SUPER; i++) {
      const code = row.codes[first + i]!
      if (code >= 2 ** bits) return false
      putCode(bytes, at, i, code)
    }
    for (let sub = 0; sub < count; sub++) putScale(bytes, at, sub, scales.factors[sub]!, mins.factors[sub]!)
    putHalf(bytes, at + halves, scales.half)
    // what is stored is taken off
    putHalf(bytes, at + halves + 2, mins.half === 0 ? 0 : mins.half ^ NEGATIVE)
    return true
  }
}

/** The line of every sub-block, or null where one has several. */
function linesOf({ steps, lows }: RowLevels, first: number, size: number, count: number) {
  const lines = { steps: new Float64Array(count), lows: new Float64Array(count) }
  for (let sub = 0; sub < count; sub++) {
    const at = first + sub * size
    if (!alike(steps, at, size) || !alike(lows, at, size)) return null
    lines.steps[sub] = steps[at]!
    lines.lows[sub] = lows[at]!
  }
  return lines
}

/** Values as multiples, at most `most` and not negative, of a float16 of their common sign; null where they are not. */
function oneSigned(values: Float64Array, most: number) {
  const negative = values.some((value) => value < 0)
  if (negative && values.some((value) => value > 0)) return null
  const multiples = multiplesOf(negative ? values.map((value) => -value) : values, most)
  return multiples && { ...multiples, half: multiples.half ^ (negative ? NEGATIVE : 0) }
}

/** Super-blocks of d·sc·n, sub-blocks of 16 columns, sc of either sign down to −`most` − 1. */
function symmetric(
  { range, most, half: halfAt }: { range: readonly [number, number]; most: number; half: number },
  putScale: (bytes: Uint8Array, at: number, sub: number, scale: number) => void,
  putCode: PutCode,
): PackBlock {
  const codes = new Int32Array(16)
  return (row, first, bytes, at) => {
    const units = new Float64Array(16)
    for (let sub = 0; sub < 16; sub++) {
      const unit = multiplesWithin(row, first + 16 * sub, 16, range, codes)
      if (unit === null) return false
      units[sub] = unit
      for (let i = 0; i < 16; i++) putCode(bytes, at, 16 * sub + i, codes[i]! - range[0])
    }
    const multiples = multiplesOf(units, most + 1)
    if (!multiples) return false
    // −(most + 1) is a scale, its opposite is none
    const flip = multiples.factors.some((factor) => factor > most) ? -1 : 1
    if (flip < 0 && multiples.factors.some((factor) => factor < -most)) return false
    for (const [sub, factor] of multiples.factors.entries()) putScale(bytes, at, sub, flip * factor)
    putHalf(bytes, at + halfAt, multiples.half ^ (flip < 0 ? NEGATIVE : 0))
    return true
  }
}

/** Six-bit scales and mins of eight sub-blocks in twelve bytes: get_scale_min_k4 of ggml-quants.c. */
function putSixBits(bytes: Uint8Array, at: number, sub: number, scale: number, min: number): void {
  const first = at + 4
  if (sub < 4) {
    bytes[first + sub]! |= scale
    bytes[first + sub + 4]! |= min
    return
  }
  bytes[first + sub + 4]! |= (scale & 15) | ((min & 15) << 4)
  bytes[first + sub - 4]! |= (scale >> 4) << 6
  bytes[first + sub]! |= (min >> 4) << 6
}

/** Columns 64k + i and 64k + 32 + i share a byte. */
const putNibble = (start: number): PutCode => {
  return (bytes, at, i, code) => {
    bytes[at + start + 32 * (i >> 6) + (i & 31)]! |= (code & 15) << (i & 32 ? 4 : 0)
  }
}

/** Columns 128k + 32j + i share a byte for j = 0 … 3. */
const putPair = (start: number): PutCode => {
  return (bytes, at, i, code) => {
    bytes[at + start + 32 * (i >> 7) + (i & 31)]! |= (code & 3) << (2 * ((i >> 5) & 3))
  }
}

const twoBits = putPair(16)
const threeBits = putPair(32)
const fourBits = putNibble(16)
const fiveBits = putNibble(48)

/** Types whose blocks of 256 columns have scales of scales. */
export const superBlocks = {
  Q2_K: affine(
    { size: 16, bits: 2, most: 15, halves: 80 },
    (bytes, at, sub, scale, min) => {
      bytes[at + sub] = scale | (min << 4)
    },
    twoBits,
  ),
  Q3_K: symmetric(
    { range: [-4, 3], most: 31, half: 108 },
    (bytes, at, sub, scale) => {
      const stored = scale + 32
      bytes[at + 96 + (sub & 7)]! |= (stored & 15) << (sub < 8 ? 0 : 4)
      bytes[at + 104 + (sub & 3)]! |= (stored >> 4) << (2 * (sub >> 2))
    },
    (bytes, at, i, code) => {
      threeBits(bytes, at, i, code)
      bytes[at + (i & 31)]! |= (code >> 2) << (i >> 5)
    },
  ),
  Q4_K: affine({ size: 32, bits: 4, most: 63, halves: 0 }, putSixBits, fourBits),
  Q5_K: affine({ size: 32, bits: 5, most: 63, halves: 0 }, putSixBits, (bytes, at, i, code) => {
    fiveBits(bytes, at, i, code)
    bytes[at + 16 + (i & 31)]! |= (code >> 4) << (i >> 5)
  }),
  Q6_K: symmetric(
    { range: [-32, 31], most: 127, half: 208 },
    (bytes, at, sub, scale) => {
      bytes[at + 192 + sub] = scale
    },
    (bytes, at, i, code) => {
      const low = at + 64 * (i >> 7) + (i & 63)
      bytes[low]! |= (code & 15) << (i & 64 ? 4 : 0)
      bytes[at + 128 + 32 * (i >> 7) + (i & 31)]! |= (code >> 4) << (2 * ((i >> 5) & 3))
    },
  ),
} satisfies Partial<Record<GgmlTypeName, PackBlock>>

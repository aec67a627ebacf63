import type { DecodeBlock } from './dequantize'
import type { GgmlTypeName } from './types'

/** Columns 128k + 32j + i share a byte for j = 0 … 3: two bits of column `i`. */
export const pair = (bytes: Uint8Array, start: number, i: number): number =>
  (bytes[start + 32 * (i >> 7) + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3

/** Columns 64k + i and 64k + 32 + i share a byte: four bits of column `i`. */
export const nibble = (bytes: Uint8Array, start: number, i: number): number =>
  (bytes[start + 32 * (i >> 6) + (i & 31)]! >> (i & 32 ? 4 : 0)) & 15

/** One bit a column, those of 32 columns in the same place of 32 bytes. */
export const bit = (bytes: Uint8Array, start: number, i: number): number => (bytes[start + (i & 31)]! >> (i >> 5)) & 1

/** Six-bit scales and mins of eight sub-blocks in twelve bytes: get_scale_min_k4 of ggml-quants.c. */
export function sixBits(bytes: Uint8Array, first: number, sub: number): [scale: number, min: number] {
  if (sub < 4) return [bytes[first + sub]! & 63, bytes[first + sub + 4]! & 63]
  const low = bytes[first + sub + 4]!
  return [(low & 15) | ((bytes[first + sub - 4]! >> 6) << 4), (low >> 4) | ((bytes[first + sub]! >> 6) << 4)]
}

/** Q4_K and Q5_K: eight sub-blocks of 32, weight = d·scale·code − dmin·min. */
const eightScales =
  (codeOf: (bytes: Uint8Array, at: number, i: number) => number): DecodeBlock =>
  (bytes, at, out, to, d) => {
    const [scale, min] = [d(0), d(2)]
    for (let sub = 0; sub < 8; sub++) {
      const [sc, m] = sixBits(bytes, at + 4, sub)
      const [step, low] = [scale * sc, min * m]
      for (let i = 32 * sub; i < 32 * sub + 32; i++) out[to + i] = step * codeOf(bytes, at, i) - low
    }
  }

/** Q3_K and Q6_K: sixteen sub-blocks of 16 with signed scales. */
const sixteenScales =
  (
    halfAt: number,
    scaleOf: (bytes: Uint8Array, at: number, sub: number) => number,
    codeOf: (bytes: Uint8Array, at: number, i: number) => number,
  ): DecodeBlock =>
  (bytes, at, out, to, d) => {
    const scale = d(halfAt)
    for (let sub = 0; sub < 16; sub++) {
      const step = scale * scaleOf(bytes, at, sub)
      for (let i = 16 * sub; i < 16 * sub + 16; i++) out[to + i] = step * codeOf(bytes, at, i)
    }
  }

/** Types whose blocks of 256 columns have scales of scales. */
export const superBlocks = {
  Q2_K: (bytes, at, out, to, d) => {
    const [scale, min] = [d(80), d(82)]
    for (let sub = 0; sub < 16; sub++) {
      const both = bytes[at + sub]!
      const [step, low] = [scale * (both & 15), min * (both >> 4)]
      for (let i = 16 * sub; i < 16 * sub + 16; i++) out[to + i] = step * pair(bytes, at + 16, i) - low
    }
  },
  Q3_K: sixteenScales(
    108,
    (bytes, at, sub) => {
      const low = (bytes[at + 96 + (sub & 7)]! >> (sub < 8 ? 0 : 4)) & 15
      return (low | (((bytes[at + 104 + (sub & 3)]! >> (2 * (sub >> 2))) & 3) << 4)) - 32
    },
    (bytes, at, i) => pair(bytes, at + 32, i) + 4 * bit(bytes, at, i) - 4,
  ),
  Q4_K: eightScales((bytes, at, i) => nibble(bytes, at + 16, i)),
  Q5_K: eightScales((bytes, at, i) => nibble(bytes, at + 48, i) + 16 * bit(bytes, at + 16, i)),
  Q6_K: sixteenScales(
    208,
    (bytes, at, sub) => (bytes[at + 192 + sub]! << 24) >> 24,
    (bytes, at, i) => {
      const low = (bytes[at + 64 * (i >> 7) + (i & 63)]! >> (i & 64 ? 4 : 0)) & 15
      return low + 16 * pair(bytes, at + 128, i) - 32
    },
  ),
  IQ4_XS: (bytes, at, out, to, d) => {
    const scale = d(0)
    const high = bytes[at + 2]! | (bytes[at + 3]! << 8)
    for (let sub = 0; sub < 8; sub++) {
      const low = (bytes[at + 4 + (sub >> 1)]! >> (4 * (sub & 1))) & 15
      const step = scale * ((low | (((high >> (2 * sub)) & 3) << 4)) - 32)
      for (let i = 0; i < 32; i++) {
        const code = (bytes[at + 8 + 16 * sub + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15
        out[to + 32 * sub + i] = step * NON_LINEAR[code]!
      }
    }
  },
} satisfies Partial<Record<GgmlTypeName, DecodeBlock>>

/** The levels of IQ4_NL and IQ4_XS. */
export const NON_LINEAR = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113] as const

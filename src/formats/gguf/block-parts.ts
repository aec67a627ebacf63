import { exponentScale, FLOAT4, floatCode, shortScale, single, trit } from './dequantize'
import { bit, NON_LINEAR, nibble, pair, sixBits } from './dequantize-super'
import { everyHalf } from './halves'
import { type GgmlTypeName, ggmlTypes } from './types'

/** What blocks of codes are made of; weight = scale · level(code) + minimum, to the bit. */
export interface BlockParts {
  /** One a weight, as they are stored. */
  readonly codes: Int16Array<ArrayBuffer>
  /** One a sub-block. */
  readonly scales: Float32Array<ArrayBuffer>
  readonly minima: Float32Array<ArrayBuffer> | null
  /** The float16 that scales are multiples of, one a block; null where blocks have one scale. */
  readonly supers: Float32Array<ArrayBuffer> | null
}

/** Reads of the block that begins at byte `at`; `half(i)` is the float16 at byte i of it. */
type Read = (bytes: Uint8Array, at: number, index: number, half: (offset: number) => number) => number

interface Layout {
  /** Weights that share a scale. */
  readonly weights: number
  readonly code: Read
  readonly level?: (code: number) => number
  readonly scale: Read
  readonly minimum?: Read
  /** Byte of the scale of scales. */
  readonly superAt?: number
}

/** Byte i of `start` holds code i and, in its upper half, code i + 16. */
const low =
  (start: number): Read =>
  (bytes, at, i) =>
    (bytes[at + start + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15

const fifth =
  (start: number): Read =>
  (bytes, at, i) =>
    ((bytes[at + start + (i >> 3)]! >> (i & 7)) & 1) << 4

const half =
  (offset: number): Read =>
  (_, __, ___, read) =>
    read(offset)

const signedByte = (byte: number) => (byte << 24) >> 24
const nonLinear = (code: number) => NON_LINEAR[code]!

const flat = (layout: Omit<Layout, 'weights' | 'scale'> & { weights?: number; scale?: Read }): Layout => ({
  weights: 32,
  scale: half(0),
  ...layout,
})

/** d · scale and −dmin · minimum of the six bits that twelve bytes from byte 4 on hold. */
const sixBitParts = {
  ...{ weights: 32, superAt: 0 },
  scale: ((bytes, at, sub, read) => read(0) * sixBits(bytes, at + 4, sub)[0]) satisfies Read,
  minimum: ((bytes, at, sub, read) => -read(2) * sixBits(bytes, at + 4, sub)[1]) satisfies Read,
}

const layouts: Partial<Record<GgmlTypeName, Layout>> = {
  Q4_0: flat({ code: low(2), level: (code) => code - 8 }),
  Q4_1: flat({ code: low(4), minimum: half(2) }),
  Q5_0: flat({ code: (...read) => low(6)(...read) | fifth(2)(...read), level: (code) => code - 16 }),
  Q5_1: flat({ code: (...read) => low(8)(...read) | fifth(4)(...read), minimum: half(2) }),
  Q8_0: flat({ code: (bytes, at, i) => signedByte(bytes[at + 2 + i]!) }),
  IQ4_NL: flat({ code: low(2), level: nonLinear }),
  MXFP4: flat({
    code: low(1),
    level: (code) => FLOAT4[code]!,
    scale: (bytes, at) => exponentScale(bytes[at]!),
  }),
  Q8_1: flat({ code: (bytes, at, i) => signedByte(bytes[at + 4 + i]!) }),
  Q8_K: flat({ weights: 256, code: (bytes, at, i) => signedByte(bytes[at + 4 + i]!), scale: single }),
  NVFP4: flat({
    weights: 16,
    code: floatCode,
    level: (code) => FLOAT4[code]!,
    scale: (bytes, at, sub) => shortScale(bytes[at + sub]!),
  }),
  TQ1_0: flat({ weights: 256, code: trit, level: (code) => code - 1, scale: half(52) }),
  TQ2_0: flat({ weights: 256, code: (bytes, at, i) => pair(bytes, at, i), level: (code) => code - 1, scale: half(64) }),
  Q1_0: flat({
    weights: 128,
    code: (bytes, at, i) => (bytes[at + 2 + (i >> 3)]! >> (i & 7)) & 1,
    level: (code) => 2 * code - 1,
  }),
  Q2_0: flat({
    weights: 64,
    code: (bytes, at, i) => (bytes[at + 2 + (i >> 2)]! >> (2 * (i & 3))) & 3,
    level: (code) => code - 1,
  }),
  Q2_K: {
    ...{ weights: 16, superAt: 80 },
    code: (bytes, at, i) => pair(bytes, at + 16, i),
    scale: (bytes, at, sub, read) => read(80) * (bytes[at + sub]! & 15),
    minimum: (bytes, at, sub, read) => -read(82) * (bytes[at + sub]! >> 4),
  },
  Q3_K: {
    ...{ weights: 16, superAt: 108 },
    code: (bytes, at, i) => pair(bytes, at + 32, i) + 4 * bit(bytes, at, i),
    level: (code) => code - 4,
    scale: (bytes, at, sub, read) => {
      const lower = (bytes[at + 96 + (sub & 7)]! >> (sub < 8 ? 0 : 4)) & 15
      return read(108) * ((lower | (((bytes[at + 104 + (sub & 3)]! >> (2 * (sub >> 2))) & 3) << 4)) - 32)
    },
  },
  Q4_K: { ...sixBitParts, code: (bytes, at, i) => nibble(bytes, at + 16, i) },
  Q5_K: { ...sixBitParts, code: (bytes, at, i) => nibble(bytes, at + 48, i) + 16 * bit(bytes, at + 16, i) },
  Q6_K: {
    ...{ weights: 16, superAt: 208 },
    code: (bytes, at, i) =>
      ((bytes[at + 64 * (i >> 7) + (i & 63)]! >> (i & 64 ? 4 : 0)) & 15) + 16 * pair(bytes, at + 128, i),
    level: (code) => code - 32,
    scale: (bytes, at, sub, read) => read(208) * signedByte(bytes[at + 192 + sub]!),
  },
  IQ4_XS: {
    ...{ weights: 32, superAt: 0 },
    code: (bytes, at, i) => (bytes[at + 8 + 16 * (i >> 5) + (i & 15)]! >> ((i & 31) < 16 ? 0 : 4)) & 15,
    level: nonLinear,
    scale: (bytes, at, sub, read) => {
      const lower = (bytes[at + 4 + (sub >> 1)]! >> (4 * (sub & 1))) & 15
      const upper = ((bytes[at + 2]! | (bytes[at + 3]! << 8)) >> (2 * sub)) & 3
      return read(0) * ((lower | (upper << 4)) - 32)
    },
  },
}

/** Weights that share a scale, and weights of a block where its scales have a scale; null for types without codes. */
export function blockOf(type: GgmlTypeName): { weights: number; super: number | null; minima: boolean } | null {
  const layout = layouts[type]
  if (!layout) return null
  const { weights, superAt, minimum } = layout
  return { weights, super: superAt === undefined ? null : ggmlTypes[type].weights, minima: minimum !== undefined }
}

/** What a code stands for before it is scaled. */
export const levelOf = (type: GgmlTypeName, code: number): number => layouts[type]!.level?.(code) ?? code

/** Whole blocks of a type that `blockOf` knows, taken apart. Layouts: ggml-common.h, ggml-quants.c. */
export function blockParts(bytes: Uint8Array, type: GgmlTypeName): BlockParts {
  const { code, scale, minimum, superAt, weights: sub } = layouts[type]!
  const { weights, bytes: size } = ggmlTypes[type]
  const blocks = bytes.length / size
  const subs = weights / sub
  const codes = new Int16Array(blocks * weights)
  const scales = new Float32Array(blocks * subs)
  const minima = minimum ? new Float32Array(blocks * subs) : null
  const supers = superAt === undefined ? null : new Float32Array(blocks)
  const halves = everyHalf()
  let at = 0
  const read = (offset: number) => halves[bytes[at + offset]! | (bytes[at + offset + 1]! << 8)]!
  for (let block = 0; block < blocks; block++, at += size) {
    if (supers) supers[block] = read(superAt!)
    for (let i = 0; i < subs; i++) {
      scales[block * subs + i] = scale(bytes, at, i, read)
      if (minima) minima[block * subs + i] = minimum!(bytes, at, i, read)
    }
    for (let i = 0; i < weights; i++) codes[block * weights + i] = code(bytes, at, i, read)
  }
  return { codes, scales, minima, supers }
}

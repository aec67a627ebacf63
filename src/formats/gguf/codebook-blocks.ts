import { type Codebook, type CodebookName, evenSigns } from './codebooks'
import type { GgmlTypeName } from './types'

/** Reads of the block that begins at byte `at`. */
type Read = (bytes: Uint8Array, at: number, index: number) => number

/**
 * A type whose blocks of 256 weights choose entries of a codebook: weight = scale · level, where the level is that of the entry with its
 * sign, or with the shift added. All of it is exact in float32. Layouts: ggml-common.h, dequantize_row_iq* of ggml-quants.c.
 */
export interface CodebookLayout {
  readonly book: CodebookName
  /** Weights that share a scale. */
  readonly weights: 16 | 32
  /** Bits of the float16 that scales are multiples of. */
  readonly half: (bytes: Uint8Array, at: number) => number
  /** What it is multiplied by for sub-block `index`. */
  readonly factor: Read
  /** Entry of weights width·index and those that follow. */
  readonly entry: Read
  /** Bits of weights 8·index to 8·index + 7, the lowest first, that are set where they are negative. */
  readonly signs?: Read
  /** What is added to the levels of weights 8·index to 8·index + 7, and how many weights share it. */
  readonly shift?: { readonly weights: 8 | 32; readonly of: Read }
}

const two = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8)
const four = (bytes: Uint8Array, at: number): number => (two(bytes, at) | (two(bytes, at + 2) << 16)) >>> 0
/** Four bits of number `index`, two to a byte. */
const nibbleAt = (bytes: Uint8Array, at: number, index: number): number =>
  (bytes[at + (index >> 1)]! >> (4 * (index & 1))) & 15

/** Words of 32 bits, `apart` bytes from each other, with four times seven bits of signs and a scale of four above them. */
const signsAndScale = (start: number, apart: number, part: number) => ({
  factor: ((bytes, at, sub) => (0.5 + (four(bytes, at + start + apart * sub) >>> 28)) * part) satisfies Read,
  signs: ((bytes, at, i) =>
    evenSigns[(four(bytes, at + start + apart * (i >> 2)) >>> (7 * (i & 3))) & 127]!) satisfies Read,
})

const SHIFT = 0.125

const layouts = {
  IQ2_XXS: {
    ...{ book: 'IQ2_XXS', weights: 32, half: two },
    ...signsAndScale(6, 8, 0.25),
    entry: (bytes, at, i) => bytes[at + 2 + 8 * (i >> 2) + (i & 3)]!,
  },
  IQ2_XS: {
    ...{ book: 'IQ2_XS', weights: 16, half: two },
    factor: (bytes, at, sub) => (0.5 + nibbleAt(bytes, at + 66, sub)) * 0.25,
    entry: (bytes, at, i) => two(bytes, at + 2 + 2 * i) & 511,
    signs: (bytes, at, i) => evenSigns[two(bytes, at + 2 + 2 * i) >> 9]!,
  },
  IQ2_S: {
    ...{ book: 'IQ2_S', weights: 16, half: two },
    factor: (bytes, at, sub) => (0.5 + nibbleAt(bytes, at + 74, sub)) * 0.25,
    entry: (bytes, at, i) => bytes[at + 2 + i]! | (((bytes[at + 66 + (i >> 2)]! >> (2 * (i & 3))) & 3) << 8),
    signs: (bytes, at, i) => bytes[at + 34 + i]!,
  },
  IQ3_XXS: {
    ...{ book: 'IQ3_XXS', weights: 32, half: two },
    ...signsAndScale(66, 4, 0.5),
    entry: (bytes, at, i) => bytes[at + 2 + i]!,
  },
  IQ3_S: {
    ...{ book: 'IQ3_S', weights: 32, half: two },
    factor: (bytes, at, sub) => 1 + 2 * nibbleAt(bytes, at + 106, sub),
    entry: (bytes, at, i) => bytes[at + 2 + i]! | (((bytes[at + 66 + (i >> 3)]! >> (i & 7)) & 1) << 8),
    signs: (bytes, at, i) => bytes[at + 74 + i]!,
  },
  IQ1_S: {
    ...{ book: 'IQ1_S', weights: 32, half: two },
    factor: (bytes, at, sub) => 1 + 2 * ((two(bytes, at + 34 + 2 * sub) >> 12) & 7),
    entry: (bytes, at, i) => bytes[at + 2 + i]! | (((two(bytes, at + 34 + 2 * (i >> 2)) >> (3 * (i & 3))) & 7) << 8),
    shift: { weights: 32, of: (bytes, at, i) => (bytes[at + 35 + 2 * (i >> 2)]! & 128 ? -SHIFT : SHIFT) },
  },
  IQ1_M: {
    ...{ book: 'IQ1_S', weights: 16 },
    // a quarter of it in the upper bits of each of four words
    half: (bytes, at) =>
      (bytes[at + 49]! >> 4) |
      (bytes[at + 51]! & 0xf0) |
      ((bytes[at + 53]! & 0xf0) << 4) |
      ((bytes[at + 55]! & 0xf0) << 8),
    factor: (bytes, at, sub) => 1 + 2 * ((two(bytes, at + 48 + 2 * (sub >> 2)) >> (3 * (sub & 3))) & 7),
    entry: (bytes, at, i) => bytes[at + i]! | ((nibbleAt(bytes, at + 32, i) & 7) << 8),
    shift: { weights: 8, of: (bytes, at, i) => (nibbleAt(bytes, at + 32, i) & 8 ? -SHIFT : SHIFT) },
  },
} as const satisfies Partial<Record<GgmlTypeName, CodebookLayout>>

export const codebookLayouts: Readonly<Partial<Record<GgmlTypeName, CodebookLayout>>> = layouts

/** Weights of a block. */
export const BLOCK = 256

/** The levels of the block that begins at byte `at`, signs and shifts in them. */
export function blockLevels(layout: CodebookLayout, book: Codebook, bytes: Uint8Array, at: number, out: Float32Array) {
  const { entry, signs, shift } = layout
  const { width, levels } = book
  for (let i = 0; i < BLOCK / 8; i++) {
    const negative = signs?.(bytes, at, i) ?? 0
    const added = shift?.of(bytes, at, i) ?? 0
    for (let j = 0; j < 8; j += width) {
      const first = width * entry(bytes, at, (8 * i + j) / width)
      for (let k = 0; k < width; k++) {
        const level = levels[first + k]! + added
        out[8 * i + j + k] = (negative >> (j + k)) & 1 ? -level : level
      }
    }
  }
}

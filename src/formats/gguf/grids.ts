import type { Width } from '../quantized'
import { ggmlTypes } from './types'

/**
 * The levels that a GGUF type has, for whoever quantizes onto them: sub-blocks of `size` columns have a line each, low + step·code.
 * Steps, and what lies below zero, are whole multiples of at most `most` of two float16 of a block of `count` sub-blocks.
 */
export interface BlockGrid {
  readonly bits: Width
  readonly size: number
  readonly count: number
  readonly most: number
  /** Whether code 2^(bits − 1) is zero, and steps have either sign. */
  readonly symmetric: boolean
  /**
   * Significant bits of the float16 that steps are multiples of, and lows. Fewer than a float16 has, so that what an affine linear
   * keeps of a sub-block is exact in float16: the step, or the range of all levels; and the low.
   */
  readonly stepBits: number
  readonly lowBits: number
}

/** Significant bits that a float16 leaves when it is multiplied by whole numbers up to `factor`. */
const leaves = (factor: number): number => {
  let bits = 11
  while (bits > 1 && factor * (2 ** bits - 1) >= 2 ** 11) bits--
  return bits
}

const symmetric = (bits: Width, size: number, count: number, most: number): BlockGrid => ({
  ...{ bits, size, count, most, symmetric: true },
  ...{ stepBits: leaves(most), lowBits: 0 },
})

const affine = (bits: Width, size: number, count: number, most: number): BlockGrid => ({
  ...{ bits, size, count, most, symmetric: false },
  ...{ stepBits: leaves(most * (2 ** bits - 1)), lowBits: leaves(most) },
})

export const blockGrids = {
  Q2_K: affine(2, 16, 16, 15),
  Q3_K: symmetric(3, 16, 16, 31),
  Q4_0: symmetric(4, 32, 1, 1),
  Q4_1: affine(4, 32, 1, 1),
  Q4_K: affine(4, 32, 8, 63),
  Q5_0: symmetric(5, 32, 1, 1),
  Q5_1: affine(5, 32, 1, 1),
  Q5_K: affine(5, 32, 8, 63),
  Q6_K: symmetric(6, 16, 16, 127),
  Q8_0: symmetric(8, 32, 1, 1),
} as const satisfies Readonly<Record<string, BlockGrid>>

export type GridName = keyof typeof blockGrids

export const gridNames = Object.keys(blockGrids) as [GridName, ...GridName[]]

/** What takes the place of a type whose blocks do not divide a row, as in llama.cpp. */
const smaller: Readonly<Partial<Record<GridName, GridName>>> = {
  ...{ Q2_K: 'Q4_0', Q3_K: 'Q4_0', Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' },
}

/** The type that rows of so many columns get where `name` is asked for; null where no block divides them. */
export function gridFor(name: GridName, columns: number): GridName | null {
  if (columns % ggmlTypes[name].weights === 0) return name
  const other = smaller[name]
  return other && columns % ggmlTypes[other].weights === 0 ? other : null
}

import { packAffine, rangeGrid, symmetricGrid, zeroGrid } from '../src/formats/affine'
import type { AffineLinear, Grid, Width } from '../src/formats/quantized'
import { noise } from './device'

/** Linears whose codes are noise, on grids that GGUF types know. */

export interface GridSample {
  readonly name?: string
  readonly out?: number
  readonly bits: Width
  readonly groupSize: number
  readonly columns: number
  /** Largest code; that of the width unless given. */
  readonly top?: number
}

/** Rows of noise; `gridOf` makes the grid of so many cells, in the order [out, groups]. */
export function gridSample(shape: GridSample, gridOf: (cells: number) => Grid): AffineLinear {
  const { name = 'sample', out = 5, bits, groupSize, columns, top = 2 ** bits - 1 } = shape
  const groups = Math.ceil(columns / groupSize)
  const codes = Uint8Array.from(noise(out * columns, 3), (value) => ((value + 1) / 2) * (top + 1))
  const rest = { name, out, in: columns, perm: null, groupOf: null, groupSize, groups }
  return packAffine({ ...rest, segments: [{ bits, columns }], codes, grid: gridOf(out * groups) })
}

export const scales = (cells: number) => noise(cells, 5).map((value) => value / 10)
export const symmetric = (cells: number) => symmetricGrid(scales(cells))
export const zeros = (bits: Width) => (cells: number) =>
  zeroGrid(
    scales(cells),
    Array.from(noise(cells, 6), (value) => Math.floor(((value + 1) / 2) * 2 ** bits)),
    bits,
  )

/** Whole numbers from `least` to `most`, both among each `count` of them. */
const whole = (cells: number, seed: number, count: number, [least, most]: readonly [number, number]) =>
  noise(cells, seed).map((value, i) =>
    i % count === 0 ? most : i % count === 1 ? least : Math.floor(least + ((value + 1) / 2) * (most - least)) || 1,
  )

/** Ranges whose steps are float16 of few bits, so that the last level is a float16 too. */
export const ranges = (top: number) => (cells: number) =>
  rangeGrid(
    whole(cells, 8, 1000, [-900, 900]).map((value) => value * 2 ** -14),
    whole(cells, 7, 1000, [1, 63]).map((value) => value * top * 2 ** -16),
  )

/** Super-blocks: steps and mins are whole multiples of numbers of few bits, one each for `count` cells. */
export const nested = (top: number, count: number, most: number) => (cells: number) =>
  rangeGrid(
    whole(cells, 9, count, [0, most]).map((m, i) => -m * (1 + (Math.floor(i / count) % 3)) * 2 ** -13),
    whole(cells, 10, count, [1, most]).map((sc, i) => sc * top * 2 ** -(12 + (Math.floor(i / count) % 2))),
  )
export const nestedSymmetric = (most: number) => (cells: number) =>
  symmetricGrid(
    whole(cells, 11, 16, [-most - 1, most]).map((sc, i) => sc * [5, -3, 1][Math.floor(i / 16) % 3]! * 2 ** -15),
  )

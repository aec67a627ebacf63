import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyAffine } from '../../../test/affine'
import { noise } from '../../../test/device'
import { packAffine, rangeGrid, symmetricGrid, zeroGrid } from '../affine'
import { dequantize } from '../dequantize'
import type { AffineLinear, Grid, QuantizedLinear, Width } from '../quantized'
import { packSign } from '../sign-pack'
import { type ExactType, exactContainer, packRow, rowBytes } from './container'
import { dequantizeBlocks } from './dequantize'
import { levelRows } from './levels'
import { type GgmlTypeName, ggmlTypes } from './types'

/** Every row packed and decoded again. */
function decoded(linear: QuantizedLinear, type: ExactType): Float32Array {
  const rows = levelRows(linear)!
  const row = new Uint8Array(rowBytes(type, linear.in))
  const weights = new Float32Array(linear.out * linear.in)
  for (let r = 0; r < linear.out; r++) {
    row.fill(0xaa)
    expect(packRow(type, rows, r, linear.in, row)).toBe(true)
    weights.set(dequantizeBlocks(row, ggmlTypes[type]), r * linear.in)
  }
  return weights
}

const differences = (a: Float32Array, b: Float32Array): number =>
  a.reduce((count, value, i) => count + Number(value !== b[i]), 0)

interface Shape {
  readonly bits: Width
  readonly groupSize: number
  readonly columns: number
  /** Largest code; that of the width unless given. */
  readonly top?: number
}

const OUT = 5

/** Rows of noise; `gridOf` makes the grid of so many cells, in the order [out, groups]. */
function sample(
  { bits, groupSize, columns, top = 2 ** bits - 1 }: Shape,
  gridOf: (cells: number) => Grid,
): AffineLinear {
  const groups = Math.ceil(columns / groupSize)
  const codes = Uint8Array.from(noise(OUT * columns, 3), (value) => ((value + 1) / 2) * (top + 1))
  const rest = { name: 'sample', out: OUT, in: columns, perm: null, groupOf: null, groupSize, groups }
  return packAffine({ ...rest, segments: [{ bits, columns }], codes, grid: gridOf(OUT * groups) })
}

const scales = (cells: number) => noise(cells, 5).map((value) => value / 10)
const symmetric = (cells: number) => symmetricGrid(scales(cells))
const zeros = (bits: Width) => (cells: number) =>
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
const ranges = (top: number) => (cells: number) =>
  rangeGrid(
    whole(cells, 8, 1000, [-900, 900]).map((value) => value * 2 ** -14),
    whole(cells, 7, 1000, [1, 63]).map((value) => value * top * 2 ** -16),
  )

/** Super-blocks: steps and mins are whole multiples of numbers of few bits, one each for `count` cells. */
const nested = (top: number, count: number, most: number) => (cells: number) =>
  rangeGrid(
    whole(cells, 9, count, [0, most]).map((m, i) => -m * (1 + (Math.floor(i / count) % 3)) * 2 ** -13),
    whole(cells, 10, count, [1, most]).map((sc, i) => sc * top * 2 ** -(12 + (Math.floor(i / count) % 2))),
  )
const nestedSymmetric = (most: number) => (cells: number) =>
  symmetricGrid(
    whole(cells, 11, 16, [-most - 1, most]).map((sc, i) => sc * [5, -3, 1][Math.floor(i / 16) % 3]! * 2 ** -15),
  )

describe('exactContainer', () => {
  const wide = { columns: 512 }
  it.each<[GgmlTypeName | null, string, QuantizedLinear]>([
    ['Q1_0', '1 bit, groups of 128', sample({ bits: 1, groupSize: 128, columns: 384 }, symmetric)],
    ['Q2_0', '2 bits, groups of 64', sample({ bits: 2, groupSize: 64, columns: 192 }, symmetric)],
    ['Q4_0', '2 bits, groups of 32', sample({ bits: 2, groupSize: 32, columns: 96 }, symmetric)],
    ['Q4_0', '3 bits with zeros', sample({ bits: 3, groupSize: 64, columns: 192 }, zeros(3))],
    ['Q4_0', '4 bits', sample({ bits: 4, groupSize: 32, columns: 96 }, symmetric)],
    ['Q4_1', '4 bits with ranges', sample({ bits: 4, groupSize: 32, columns: 96 }, ranges(15))],
    ['Q5_0', '4 bits with zeros', sample({ bits: 4, groupSize: 64, columns: 192 }, zeros(4))],
    ['Q5_0', '5 bits', sample({ bits: 5, groupSize: 96, columns: 192 }, symmetric)],
    ['Q5_1', '5 bits with ranges', sample({ bits: 5, groupSize: 32, columns: 96 }, ranges(31))],
    ['Q8_0', '6 bits', sample({ bits: 6, groupSize: 32, columns: 96 }, symmetric)],
    ['Q8_0', '8 bits', sample({ bits: 8, groupSize: 64, columns: 192 }, symmetric)],
    ['Q8_0', '7 bits with zeros', sample({ bits: 7, groupSize: 64, columns: 192 }, zeros(7))],
    [
      'TQ2_0',
      'three levels a row',
      sample({ bits: 2, groupSize: 512, top: 2, ...wide }, (n) => zeroGrid(scales(n), new Array(n).fill(1), 2)),
    ],
    ['Q2_K', '2 bits with zeros, a row', sample({ bits: 2, groupSize: 512, ...wide }, zeros(2))],
    ['Q2_K', 'scales of scales', sample({ bits: 2, groupSize: 16, ...wide }, nested(3, 16, 15))],
    ['Q3_K', '3 bits a row', sample({ bits: 3, groupSize: 512, ...wide }, symmetric)],
    ['Q3_K', 'scales of scales', sample({ bits: 3, groupSize: 16, ...wide }, nestedSymmetric(31))],
    ['Q4_K', 'scales of scales', sample({ bits: 4, groupSize: 32, ...wide }, nested(15, 8, 63))],
    ['Q5_K', 'scales of scales', sample({ bits: 5, groupSize: 32, ...wide }, nested(31, 8, 63))],
    ['Q6_K', '6 bits a row', sample({ bits: 6, groupSize: 512, ...wide }, symmetric)],
    ['Q6_K', 'scales of scales', sample({ bits: 6, groupSize: 16, ...wide }, nestedSymmetric(127))],
    ['Q1_0', 'signs', signs(384, 128)],
    [
      null,
      'ranges as they come',
      sample({ bits: 4, groupSize: 32, columns: 96 }, (n) => rangeGrid(scales(n), scales(n).map(Math.abs))),
    ],
    [null, 'groups that end inside a block', sample({ bits: 4, groupSize: 24, columns: 96 }, symmetric)],
    [null, 'rows that are no whole blocks', sample({ bits: 4, groupSize: 32, columns: 100 }, symmetric)],
    [null, '8 bits with zeros', sample({ bits: 8, groupSize: 32, columns: 96 }, zeros(8))],
  ])('%s: %s', (type, _, linear) => {
    expect(exactContainer(linear)).toBe(type)
    if (type) expect(differences(decoded(linear, type as ExactType), dequantize(linear))).toBe(0)
  })

  it('never names a type that changes a weight', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear }) => {
        const type = exactContainer(linear)
        if (type) expect(differences(decoded(linear, type), dequantize(linear))).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  it('puts columns that were moved back where they belong', () => {
    const perm = Uint32Array.from({ length: 64 }, (_, i) => 63 - i)
    const codes = Uint8Array.from({ length: 64 }, (_, i) => i % 16)
    const rest = { name: 'moved', out: 1, in: 64, perm, groupOf: null, groupSize: 64, groups: 1 }
    const grid = symmetricGrid(Float32Array.of(0.5))
    const linear = packAffine({ ...rest, segments: [{ bits: 4, columns: 64 }], codes, grid })
    expect(exactContainer(linear)).toBe('Q4_0')
    expect([...decoded(linear, 'Q4_0')]).toEqual([...codes].map((code) => 0.5 * (code - 8)))
  })
})

function signs(columns: number, blockColumns: number): QuantizedLinear {
  const amplitudes = noise((OUT * columns) / blockColumns, 4).map(Math.abs)
  const values = Uint8Array.from(noise(OUT * columns, 3), (value) => Number(value > 0))
  return packSign({
    name: 'signs',
    out: OUT,
    in: columns,
    groups: 1,
    blockColumns,
    perRow: true,
    signs: values,
    amplitudes,
  })
}

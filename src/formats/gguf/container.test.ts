import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyAffine } from '../../../test/affine'
import { noise } from '../../../test/device'
import { gridSample, nested, nestedSymmetric, ranges, scales, symmetric, zeros } from '../../../test/gguf-grids'
import { packAffine, rangeGrid, symmetricGrid, zeroGrid } from '../affine'
import { dequantize } from '../dequantize'
import type { QuantizedLinear } from '../quantized'
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

describe('exactContainer', () => {
  const wide = { columns: 512 }
  it.each<[GgmlTypeName | null, string, QuantizedLinear]>([
    ['Q1_0', '1 bit, groups of 128', gridSample({ bits: 1, groupSize: 128, columns: 384 }, symmetric)],
    ['Q2_0', '2 bits, groups of 64', gridSample({ bits: 2, groupSize: 64, columns: 192 }, symmetric)],
    ['Q4_0', '2 bits, groups of 32', gridSample({ bits: 2, groupSize: 32, columns: 96 }, symmetric)],
    ['Q4_0', '3 bits with zeros', gridSample({ bits: 3, groupSize: 64, columns: 192 }, zeros(3))],
    ['Q4_0', '4 bits', gridSample({ bits: 4, groupSize: 32, columns: 96 }, symmetric)],
    ['Q4_1', '4 bits with ranges', gridSample({ bits: 4, groupSize: 32, columns: 96 }, ranges(15))],
    ['Q5_0', '4 bits with zeros', gridSample({ bits: 4, groupSize: 64, columns: 192 }, zeros(4))],
    ['Q5_0', '5 bits', gridSample({ bits: 5, groupSize: 96, columns: 192 }, symmetric)],
    ['Q5_1', '5 bits with ranges', gridSample({ bits: 5, groupSize: 32, columns: 96 }, ranges(31))],
    ['Q8_0', '6 bits', gridSample({ bits: 6, groupSize: 32, columns: 96 }, symmetric)],
    ['Q8_0', '8 bits', gridSample({ bits: 8, groupSize: 64, columns: 192 }, symmetric)],
    ['Q8_0', '7 bits with zeros', gridSample({ bits: 7, groupSize: 64, columns: 192 }, zeros(7))],
    [
      'TQ2_0',
      'three levels a row',
      gridSample({ bits: 2, groupSize: 512, top: 2, ...wide }, (n) => zeroGrid(scales(n), new Array(n).fill(1), 2)),
    ],
    ['Q2_K', '2 bits with zeros, a row', gridSample({ bits: 2, groupSize: 512, ...wide }, zeros(2))],
    ['Q2_K', 'scales of scales', gridSample({ bits: 2, groupSize: 16, ...wide }, nested(3, 16, 15))],
    ['Q3_K', '3 bits a row', gridSample({ bits: 3, groupSize: 512, ...wide }, symmetric)],
    ['Q3_K', 'scales of scales', gridSample({ bits: 3, groupSize: 16, ...wide }, nestedSymmetric(31))],
    ['Q4_K', 'scales of scales', gridSample({ bits: 4, groupSize: 32, ...wide }, nested(15, 8, 63))],
    ['Q5_K', 'scales of scales', gridSample({ bits: 5, groupSize: 32, ...wide }, nested(31, 8, 63))],
    ['Q6_K', '6 bits a row', gridSample({ bits: 6, groupSize: 512, ...wide }, symmetric)],
    ['Q6_K', 'scales of scales', gridSample({ bits: 6, groupSize: 16, ...wide }, nestedSymmetric(127))],
    ['Q1_0', 'signs', signs(384, 128)],
    [
      null,
      'ranges as they come',
      gridSample({ bits: 4, groupSize: 32, columns: 96 }, (n) => rangeGrid(scales(n), scales(n).map(Math.abs))),
    ],
    [null, 'groups that end inside a block', gridSample({ bits: 4, groupSize: 24, columns: 96 }, symmetric)],
    [null, 'rows that are no whole blocks', gridSample({ bits: 4, groupSize: 32, columns: 100 }, symmetric)],
    [null, '8 bits with zeros', gridSample({ bits: 8, groupSize: 32, columns: 96 }, zeros(8))],
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
  const amplitudes = noise((5 * columns) / blockColumns, 4).map(Math.abs)
  const values = Uint8Array.from(noise(5 * columns, 3), (value) => Number(value > 0))
  return packSign({
    name: 'signs',
    out: 5,
    in: columns,
    groups: 1,
    blockColumns,
    perRow: true,
    signs: values,
    amplitudes,
  })
}

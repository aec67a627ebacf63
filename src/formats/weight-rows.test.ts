import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyAffine } from '../../test/affine'
import { anySign } from '../../test/sign'
import { unpackCodes } from './affine'
import { dequantize } from './dequantize'
import type { QuantizedLinear } from './quantized'
import { salientMask } from './salient'
import { type WeightRows, weightRows } from './weight-rows'

/** All rows one after another, [out, in]. */
function all<T extends Float32Array | Uint8Array | Uint16Array>(
  linear: QuantizedLinear,
  read: (rows: WeightRows, row: number, part: T) => void,
  values: T,
): T {
  const rows = weightRows(linear)
  for (let row = 0; row < linear.out; row++)
    read(rows, row, values.subarray(row * linear.in, (row + 1) * linear.in) as T)
  return values
}

const size = ({ out, in: columns }: QuantizedLinear) => out * columns
const weightsOf = (linear: QuantizedLinear) =>
  all(linear, (rows, row, part) => rows.weights(row, part), new Float32Array(size(linear)))
const codesOf = (linear: QuantizedLinear) =>
  all(linear, (rows, row, part) => rows.codes(row, part), new Uint8Array(size(linear)))
const levelsOf = (linear: QuantizedLinear) =>
  all(linear, (rows, row, part) => rows.levels(row, part), new Uint16Array(size(linear)))

describe('an affine linear row by row', () => {
  it('is what dequantize makes of it, to the bit, with the codes that are stored', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear }) => {
        expect(weightsOf(linear)).toEqual(dequantize(linear))
        expect(codesOf(linear)).toEqual(unpackCodes(linear))
      }),
      { numRuns: 150 },
    )
  })

  it('reads a few columns as it reads all', () => {
    fc.assert(
      fc.property(anyAffine, fc.nat(), ({ linear }, seed) => {
        const rows = weightRows(linear)
        const column = seed % linear.in
        for (let row = 0; row < linear.out; row++) {
          const [values, codes] = [new Float32Array(linear.in), new Uint8Array(linear.in)]
          rows.weights(row, values, Uint32Array.of(column))
          rows.codes(row, codes, Uint32Array.of(column))
          expect(values[column]).toBe(dequantize(linear)[row * linear.in + column])
          expect(codes[column]).toBe(unpackCodes(linear)[row * linear.in + column])
        }
      }),
      { numRuns: 80 },
    )
  })

  it('says where the level of a weight comes from', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear }) => {
        const rows = weightRows(linear)
        const [weights, codes] = [dequantize(linear), unpackCodes(linear)]
        for (let at = 0; at < weights.length; at++) {
          const { scale, zero, group } = rows.source(Math.floor(at / linear.in), at % linear.in)
          expect(group).toBeLessThan(linear.groups)
          const near = 1e-5 * Math.max(Math.abs(weights[at]!), Math.abs(scale * zero))
          if (scale !== 0) expect(Math.abs(scale * (codes[at]! - zero) - weights[at]!)).toBeLessThanOrEqual(near)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('a linear of signs row by row', () => {
  it('is what dequantize makes of it, to the bit, and marks the same weights as salient', () => {
    fc.assert(
      fc.property(anySign, ({ linear }) => {
        expect(weightsOf(linear)).toEqual(dequantize(linear))
        const marks = all(linear, (rows, row, part) => rows.salient!(row, part), new Uint8Array(size(linear)))
        expect(marks).toEqual(salientMask(linear))
      }),
      { numRuns: 150 },
    )
  })

  it('names no level that there is not', () => {
    fc.assert(
      fc.property(anySign, ({ linear }) => {
        const levels = levelsOf(linear)
        codesOf(linear).forEach((code, at) => {
          expect(code).toBeLessThan(levels[at]!)
        })
      }),
      { numRuns: 60 },
    )
  })
})

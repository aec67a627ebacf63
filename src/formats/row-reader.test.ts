import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyAffine } from '../../test/affine'
import { anySign } from '../../test/sign'
import { unpackCodes } from './affine'
import { dequantize } from './dequantize'
import type { QuantizedLinear } from './quantized'
import { type CodeKind, type RowLanes, rowLanes, rowReader } from './row-reader'
import { salientMask } from './salient'

/** A lane of all rows one after another, [out, in], read by itself. */
function laneOf<K extends keyof RowLanes>(linear: QuantizedLinear, lane: K): number[] {
  const reader = rowReader(linear)
  const values = rowLanes(linear.in)[lane]
  return Array.from({ length: linear.out }, (_, row) => {
    reader.read(row, { [lane]: values })
    return [...values]
  }).flat()
}

/** All lanes of all rows, read together. */
function lanesOf(linear: QuantizedLinear): Record<keyof RowLanes, number[]> {
  const reader = rowReader(linear)
  const lanes = rowLanes(linear.in)
  const all: Record<keyof RowLanes, number[]> = { weights: [], codes: [], kinds: [], bases: [], steps: [] }
  for (let row = 0; row < linear.out; row++) {
    reader.read(row, lanes)
    for (const lane of LANES) all[lane].push(...lanes[lane])
  }
  return all
}

const LANES = ['weights', 'codes', 'kinds', 'bases', 'steps'] as const
const anyLinear = fc.oneof(anyAffine, anySign).map(({ linear }): QuantizedLinear => linear)
const kindsOf = (linear: QuantizedLinear): CodeKind[] => {
  const { kinds } = rowReader(linear)
  return laneOf(linear, 'kinds').map((kind) => kinds[kind]!)
}

describe('rows of any linear', () => {
  it('are the weights that dequantize makes, to the bit', () => {
    fc.assert(
      fc.property(anyLinear, (linear) => {
        expect(laneOf(linear, 'weights')).toEqual([...dequantize(linear)])
      }),
      { numRuns: 300 },
    )
  })

  it('are the same lane by lane, all lanes at once, and a few columns at a time', () => {
    fc.assert(
      fc.property(anyLinear, (linear) => {
        const all = lanesOf(linear)
        for (const lane of LANES) expect(laneOf(linear, lane)).toEqual(all[lane])
        const [reader, lanes] = [rowReader(linear), rowLanes(linear.in)]
        const few = Math.max(1, Math.floor((linear.in - 1) / 8))
        for (let first = 0; first < linear.in; first += few) {
          const columns = Uint32Array.from({ length: Math.min(few, linear.in - first) }, (_, i) => first + i)
          for (let row = 0; row < linear.out; row++) {
            reader.read(row, lanes, columns)
            const at = (column: number) => row * linear.in + column
            for (const lane of LANES)
              expect(Array.from(columns, (column) => lanes[lane][column])).toEqual(
                Array.from(columns, (column) => all[lane][at(column)]),
              )
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  it('name no code that their kind has not, and lie at base + step·code where the levels are even', () => {
    fc.assert(
      fc.property(anyLinear, (linear) => {
        const { weights, codes, kinds, bases, steps } = lanesOf(linear)
        const { kinds: all } = rowReader(linear)
        const even = kinds.map((kind) => all[kind]!.even)
        expect(codes.every((code, i) => code < all[kinds[i]!]!.codes)).toBe(true)
        // −0 is 0
        const levels = codes.map((code, i) => (even[i] ? Math.fround(bases[i]! + steps[i]! * code) + 0 : null))
        expect(levels).toEqual(weights.map((weight, i) => (even[i] ? weight + 0 : null)))
        expect(steps.every((step, i) => even[i] || step === 0)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

describe('rows of an affine linear', () => {
  it('are the codes that were packed, of the width of their column', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear, codes }) => {
        expect(laneOf(linear, 'codes')).toEqual([...codes])
        expect([...unpackCodes(linear)]).toEqual([...codes])
        const widths = linear.segments.flatMap(({ bits, columns }) => new Array<number>(columns).fill(bits))
        const expected = Array.from({ length: linear.in }, (_, column) => {
          const bits = widths[linear.perm ? linear.perm.indexOf(column) : column]!
          return { kind: 'affine', bits, codes: 2 ** bits, even: true }
        })
        expect(kindsOf(linear)).toEqual(Array.from({ length: linear.out }, () => expected).flat())
      }),
      { numRuns: 100 },
    )
  })

  it('say where the level of a weight comes from', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear }) => {
        const rows = rowReader(linear)
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

describe('rows of a linear of signs', () => {
  it('hold signs, salient columns and weights apart, each with the bits that are stored for it', () => {
    fc.assert(
      fc.property(anySign, ({ linear }) => {
        const kinds = kindsOf(linear)
        expect(kinds.map(({ kind }) => Number(kind !== 'sign'))).toEqual([...salientMask(linear)!])
        const plain = 1 + Math.ceil(Math.log2(linear.groups))
        const more = { affine: Number.NaN, sign: 0, pair: 1, apart: linear.sparse?.bits ?? Number.NaN }
        expect(kinds.map(({ bits }) => bits)).toEqual(kinds.map(({ kind }) => plain + more[kind]))
      }),
      { numRuns: 100 },
    )
  })

  it('say where the level of a weight comes from', () => {
    fc.assert(
      fc.property(anySign, ({ linear }) => {
        const rows = rowReader(linear)
        const [weights, codes, kinds] = [dequantize(linear), laneOf(linear, 'codes'), kindsOf(linear)]
        for (let at = 0; at < weights.length; at++) {
          if (kinds[at]!.kind === 'pair') continue
          const { scale, zero, group } = rows.source(Math.floor(at / linear.in), at % linear.in)
          const code = codes[at]!
          const signed = kinds[at]!.kind === 'sign'
          if (signed) expect(group).toBe(code >>> 1)
          const value = signed ? zero + (code & 1 ? scale : -scale) : scale * (code - zero)
          expect(Math.abs(value - weights[at]!)).toBeLessThanOrEqual(
            1e-5 * Math.abs(weights[at]!) + 1e-5 * Math.abs(scale),
          )
        }
      }),
      { numRuns: 60 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyAffine } from '../../test/affine'
import { anySign } from '../../test/sign'
import { unpackCodes } from './affine'
import { dequantize } from './dequantize'
import type { QuantizedLinear } from './quantized'
import { type RowCodes, readRows } from './row-codes'
import { salientMask } from './salient'

/** What a row reader gives, all rows of a lane one after another. */
function gathered(linear: QuantizedLinear, lane: keyof RowCodes): number[] {
  const reader = readRows(linear)
  return Array.from({ length: linear.out }, (_, row) => [...reader.read(row)[lane]]).flat()
}

/** −0 is 0. */
const plain = (values: Iterable<number>) => Array.from(values, (value) => value + 0)

describe('rows of a linear', () => {
  it('are the codes and weights that the whole has, whatever the widths and the order', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear, codes }) => {
        expect(gathered(linear, 'codes')).toEqual([...codes])
        expect(gathered(linear, 'codes')).toEqual([...unpackCodes(linear)])
        expect(plain(gathered(linear, 'weights'))).toEqual(plain(dequantize(linear)))
      }),
      { numRuns: 150 },
    )
  })

  it('lie at base + step·code, in codes of the width of their column', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear }) => {
        const [bases, steps, codes, kinds] = (['bases', 'steps', 'codes', 'kinds'] as const).map((lane) =>
          gathered(linear, lane),
        )
        const all = readRows(linear).kinds
        dequantize(linear).forEach((weight, i) => {
          expect(Math.fround(bases![i]! + steps![i]! * codes![i]!) + 0).toBe(weight + 0)
          expect(codes![i]!).toBeLessThan(all[kinds![i]!]!.codes)
        })
      }),
      { numRuns: 50 },
    )
  })

  it('are those of signs, of salient columns and of weights apart', () => {
    fc.assert(
      fc.property(anySign, ({ linear }) => {
        const all = readRows(linear).kinds
        const kinds = gathered(linear, 'kinds').map((kind) => all[kind]!.kind)
        expect(plain(gathered(linear, 'weights'))).toEqual(plain(dequantize(linear)))
        expect(kinds.map((kind) => Number(kind !== 'sign'))).toEqual([...salientMask(linear)!])
      }),
      { numRuns: 100 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anySign, type SignShape, signSample } from '../../test/sign'
import { FormatError } from '../errors'
import type { SignLinear } from './quantized'
import { dequantizeSign } from './sign'
import { arraysOf, headerOf, type SignHeader, validateHeader, validateSign } from './sign-check'

const shape: SignShape = {
  ...{ out: 6, columns: 40, groups: 3, blockColumns: 16, perRow: true, centered: true, bits: 3, zeros: true, seed: 4 },
  ...{ sparse: 'some', salient: 'some' },
}
const { linear } = signSample(shape)
const header = headerOf(linear)

/** The words with one changed. */
const word = (words: Uint32Array, at: number, change: (value: number) => number): Uint32Array<ArrayBuffer> => {
  const changed = words.slice()
  changed[at] = change(changed[at]!)
  return changed
}
const sparseOf = (change: Partial<NonNullable<SignLinear['sparse']>>) => ({ sparse: { ...linear.sparse!, ...change } })
const salientOf = (change: Partial<NonNullable<SignLinear['columns']>>) => ({
  columns: { ...linear.columns!, ...change },
})
const infinite = (halves: Uint16Array) => Uint16Array.from(halves, (half, i) => (i === 1 ? 0x7c00 : half))

describe('a linear of signs', () => {
  it('passes as it was packed', () => {
    fc.assert(fc.property(anySign, (sample) => validateSign(sample.linear)))
  })

  const damages: [string, Partial<SignLinear>, RegExp][] = [
    ['too few signs', { signs: linear.signs.slice(1) }, /expected 12 values of signs, got 11/],
    ['no ids', { ids: null }, /expected 24 values of ids, got none/],
    ['too many amplitudes', { groups: 2 }, /values of/],
    ['cells of all rows', { perRow: false }, /expected 9 values of amplitudes, got 54/],
    ['an infinite amplitude', { amplitudes: infinite(linear.amplitudes) }, /finite values of amplitudes/],
    ['an infinite center', { centers: infinite(linear.centers!) }, /finite values of centers/],
    ['an infinite scale', sparseOf({ scales: infinite(linear.sparse!.scales) }), /finite values of sparse.scales/],
    ['an infinite level', salientOf({ levels: infinite(linear.columns!.levels) }), /finite values of columns.levels/],
    ['a sign beyond the row', { signs: word(linear.signs, 1, (w) => w | 0x100) }, /signs to be filled up with 0/],
    ['a group beyond the row', { ids: word(linear.ids!, 1, (w) => w | 0x100) }, /ids to be filled up with 0/],
    [
      'a fourth group of three',
      {
        ids: word(
          word(linear.ids!, 0, (w) => w | 2),
          12,
          (w) => w | 2,
        ),
      },
      /groups below 3, got others/,
    ],
    [
      'a mask beyond the row',
      salientOf({ mask: word(linear.columns!.mask, 1, (w) => w | 0x100) }),
      /columns.mask to be filled up with 0/,
    ],
    [
      'a second sign beyond the columns',
      salientOf({ signs: word(linear.columns!.signs, 2, (w) => w | 0x80000000) }),
      /columns.signs to be filled up with 0/,
    ],
    ['a weight apart too many', sparseOf({ count: linear.sparse!.count + 1 }), /expected/],
    [
      'gaps that run out of the matrix',
      sparseOf({ gaps: linear.sparse!.gaps.map(() => 0xffffffff) }),
      /expected gaps of/,
    ],
    [
      'gaps that go on',
      sparseOf({ gaps: Uint32Array.of(...linear.sparse!.gaps, 0) }),
      /expected gaps of \d+ (weights|to)/,
    ],
    [
      'codes that are not filled up with 0',
      sparseOf({ codes: word(linear.sparse!.codes, linear.sparse!.codes.length - 1, (w) => w | 0x80000000) }),
      /sparse.codes to be filled up with 0/,
    ],
    [
      'zeros that are not filled up with 0',
      sparseOf({ zeros: word(linear.sparse!.zeros!, 0, (w) => w | 0x80000000) }),
      /sparse.zeros to be filled up with 0/,
    ],
    [
      'signs of weights apart',
      { signs: linear.signs.map((w, i) => (i % 2 ? w : 0xffffffff)) },
      /no bits of weights apart/,
    ],
  ]
  it.each(damages)('is refused with %s', (_, change, message) => {
    const damaged = { ...linear, ...change }
    expect(() => validateSign(damaged)).toThrow(message)
    expect(() => validateSign(damaged)).toThrow(FormatError)
  })

  it('is refused or dequantized, whatever its words are', () => {
    const parts = Object.keys(arraysOf(linear)) as (keyof ReturnType<typeof arraysOf>)[]
    const edit = fc.tuple(fc.constantFrom(...parts), fc.nat(200), fc.nat(2 ** 32 - 1))
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const copy = structuredClone(linear)
        for (const [part, at, value] of edits) {
          const array = arraysOf(copy)[part]!
          array[at % array.length] = value
        }
        try {
          validateSign(copy)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
          return
        }
        expect(dequantizeSign(copy).every(Number.isFinite)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('its header', () => {
  const sparse = header.sparse!
  const changes: [string, Partial<SignHeader>, RegExp][] = [
    ['an absurd matrix', { out: 2 ** 40 }, /1 to 2\^32 weights/],
    ['no rows', { out: 0 }, /1 to 2\^32 weights/],
    ['half a column', { in: 1.5 }, /1 to 2\^32 weights/],
    ['no group', { groups: 0 }, /1 to 8 groups, got 0/],
    ['9 groups', { groups: 9 }, /1 to 8 groups, got 9/],
    ['blocks of nothing', { blockColumns: 0 }, /blocks of 1 to 40 columns, got 0/],
    ['blocks wider than the matrix', { blockColumns: 41 }, /blocks of 1 to 40 columns, got 41/],
    ['more salient columns than there are', { salient: 41 }, /1 to 40 columns with a second sign, got 41/],
    ['no weight apart', { sparse: { ...sparse, count: 0 } }, /1 to 240 weights apart, got 0/],
    ['more weights apart than there are', { sparse: { ...sparse, count: 241 } }, /1 to 240 weights apart, got 241/],
    ['weights apart of 9 bits', { sparse: { ...sparse, bits: 9 as never } }, /weights apart of 1, .* bits, got 9/],
    ['gaps of 17 bits', { sparse: { ...sparse, gapBits: 17 } }, /gaps of 1 to 16 bits, got 17/],
    ['gaps of too many words', { sparse: { ...sparse, gapWords: 1e6 } }, /gaps of \d+ to \d+ words, got 1000000/],
    ['gaps of no words', { sparse: { ...sparse, gapWords: 0 } }, /gaps of \d+ to \d+ words, got 0/],
  ]
  it.each(changes)('is refused with %s', (_, change, message) => {
    expect(() => validateHeader('q', { ...header, ...change })).toThrow(message)
    expect(() => validateHeader('q', { ...header, ...change })).toThrow(FormatError)
  })
})

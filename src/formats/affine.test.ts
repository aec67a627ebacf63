import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine, ruledSample } from '../../test/affine'
import { FormatError } from '../errors'
import { dequantize, packAffine, rowsOfLinear, stepOf, symmetricGrid, unpackCodes, zeroGrid } from './affine'
import { headerOf, partsOf, validateAffine } from './affine-check'
import { decodeFloat16 } from './floats'
import { type AffineLinear, WIDTHS } from './quantized'

const tiny = () =>
  packAffine({
    name: 'tiny',
    out: 2,
    in: 3,
    perm: Uint32Array.of(2, 0, 1),
    segments: [
      { bits: 3, columns: 2 },
      { bits: 1, columns: 1 },
    ],
    groupOf: null,
    groupSize: 3,
    groups: 1,
    codes: Uint8Array.of(5, 1, 6, 2, 0, 7),
    grid: symmetricGrid(Float32Array.of(0.5, 2)),
  })

describe('packAffine', () => {
  it('puts segments one after another, each a bit string of stored columns', () => {
    // Row 0 holds columns 2 and 0 in 3 bits (6, 5) and column 1 in one bit (1); a chunk of 3 bits is three words.
    expect([...tiny().codes]).toEqual([6 | (5 << 3), 0, 0, 7 | (2 << 3), 0, 0, 1, 0])
  })

  it('gives back every code, whatever the widths, order and size', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear, codes }) => {
        expect(unpackCodes(linear)).toEqual(codes)
      }),
      { numRuns: 150 },
    )
  })

  it('makes linears that pass the check', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear }) => validateAffine(linear)),
      { numRuns: 100 },
    )
  })
})

describe('dequantize', () => {
  it('centres symmetric codes, and takes one bit as a sign', () => {
    expect([...dequantize(tiny())]).toEqual([0.5 * 1, 0.5, 0.5 * 2, 2 * -2, -2, 2 * 3])
  })

  it('subtracts the zero of the group', () => {
    const linear = packAffine({
      ...{ name: 'zeros', out: 1, in: 4, perm: null, groupOf: null, groupSize: 2, groups: 2 },
      segments: [{ bits: 4, columns: 4 }],
      codes: Uint8Array.of(0, 15, 3, 9),
      grid: zeroGrid(Float32Array.of(0.25, 3), [8, 3], 5),
    })
    expect([...dequantize(linear)]).toEqual([-2, 1.75, 0, 18])
  })

  it('stays within the rounding of the definition', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear, codes }) => {
        const { grid, groups, in: columns } = linear
        const weights = dequantize(linear)
        const first = decodeFloat16(grid.type === 'range' ? grid.min : grid.scale)
        const range = grid.type === 'range' ? decodeFloat16(grid.range) : null
        let stored = 0
        for (const { bits, columns: count } of linear.segments)
          for (let end = stored + count; stored < end; stored++) {
            const original = linear.perm?.[stored] ?? stored
            const group = linear.groupOf?.[stored] ?? Math.floor(stored / linear.groupSize)
            for (let row = 0; row < linear.out; row++) {
              const s = first[row * groups + group]!
              const code = codes[row * columns + original]!
              const weight = weights[row * columns + original]!
              if (range) {
                const reach = range[row * groups + group]!
                const exact = s + (reach / (2 ** bits - 1)) * code
                expect(Math.abs(weight - exact)).toBeLessThanOrEqual(2 ** -16 * reach + 2 ** -23 * Math.abs(exact))
              } else if (grid.type === 'symmetric')
                expect(weight).toBe(s * (bits === 1 ? 2 * code - 1 : code - 2 ** (bits - 1)))
            }
          }
      }),
      { numRuns: 60 },
    )
  })
})

describe('stepOf', () => {
  it('keeps 16 bits, so that step times any code is exact in float32', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bff }), fc.constantFrom(...WIDTHS), (half, bits) => {
        const step = stepOf(decodeFloat16(Uint16Array.of(half))[0]!, bits)
        const largest = 2 ** bits - 1
        expect(Math.fround(step * largest)).toBe(step * largest)
      }),
    )
  })

  it('is the range itself for one bit', () => {
    expect(stepOf(0.333251953125, 1)).toBe(0.333251953125)
  })
})

describe('rowsOfLinear', () => {
  it('cuts panels that together are the whole', () => {
    fc.assert(
      fc.property(anyAffine, ({ linear }) => {
        const cuts = Array.from({ length: Math.ceil(linear.out / 32) }, (_, i) => i * 32)
        const parts = cuts.map((start) => rowsOfLinear(linear, start, Math.min(start + 32, linear.out)))
        for (const part of parts) validateAffine(part)
        expect(parts.flatMap((part) => [...dequantize(part)])).toEqual([...dequantize(linear)])
      }),
      { numRuns: 60 },
    )
  })
})

describe('validateAffine', () => {
  const shape = { out: 3, columns: 40, groupSize: 8, zeroBits: 4, permuted: true, named: true, seed: 5 } as const
  const sample = () =>
    affineSample({
      ...shape,
      widths: [
        [3, 1],
        [4, 1],
      ],
      grid: 'zero',
    }).linear
  const broken: [string, (linear: AffineLinear) => AffineLinear][] = [
    ['a word missing', (l) => ({ ...l, codes: l.codes.slice(1) })],
    ['a column twice', (l) => ({ ...l, perm: l.perm!.map((column) => (column === 3 ? 4 : column)) })],
    ['a column outside', (l) => ({ ...l, perm: l.perm!.map((column) => (column === 3 ? 40 : column)) })],
    ['a group outside', (l) => ({ ...l, groupOf: l.groupOf!.map((_, i) => (i === 7 ? l.groups : 0)) })],
    ['9 bits', (l) => ({ ...l, segments: [{ bits: 9 as 8, columns: 40 }] })],
    ['an empty segment', (l) => ({ ...l, segments: [...l.segments, { bits: 2, columns: 0 }] })],
    ['segments too short', (l) => ({ ...l, segments: [{ bits: 4, columns: 39 }] })],
    ['too few scales', (l) => ({ ...l, grid: { type: 'symmetric', scale: new Uint16Array(14) } })],
    ['an infinite scale', (l) => ({ ...l, grid: { type: 'symmetric', scale: new Uint16Array(15).fill(0x7c00) } })],
    ['groups that do not cover', (l) => ({ ...l, groupOf: null, groupSize: 7 })],
    ['no rows', (l) => ({ ...l, out: 0 })],
    ['more weights than can be addressed', (l) => ({ ...l, out: 2 ** 31 })],
  ]
  it.each(broken)('refuses %s', (_, breakIt) => {
    expect(() => validateAffine(breakIt(sample()))).toThrow(FormatError)
    validateAffine(sample())
  })

  const ruled = () =>
    ruledSample({ ...shape, groupSize: 2, widths: [2, 4, 2, 1, 4, 2], rule: 'shared', grid: 'range' }).linear
  const unruly: [string, (linear: AffineLinear) => AffineLinear][] = [
    ['another order', (l) => ({ ...l, perm: Uint32Array.of(3, 2, 0, 5, 1, 4) })],
    ['the original order', (l) => ({ ...l, perm: null })],
    ['too short an order', (l) => ({ ...l, perm: Uint32Array.of(2, 0, 1) })],
    ['a column twice', (l) => ({ ...l, perm: Uint32Array.of(3, 0, 2, 5, 1, 1) })],
    ['other groups', (l) => ({ ...l, groupOf: l.groupOf!.map((group, i) => (i === 5 ? 0 : group)) })],
    ['no groups', (l) => ({ ...l, groupOf: null })],
    ['another rule', (l) => ({ ...l, rule: 'width' })],
    ['another size of groups', (l) => ({ ...l, groupSize: 3 })],
    ['no size of groups', (l) => ({ ...l, groupSize: 0 })],
    ['segments in another order', (l) => ({ ...l, segments: l.segments.toReversed() })],
    ['a segment in two', (l) => ({ ...l, segments: l.segments.flatMap((s) => [s, s]), in: 12 })],
  ]
  it.each(unruly)('refuses a rule with %s', (_, breakIt) => {
    expect(() => validateAffine(breakIt(ruled()))).toThrow(FormatError)
    validateAffine(ruled())
    const { rule: _rule, ...stated } = ruled()
    validateAffine(stated)
  })

  it('knows the parts of a linear with a rule', () => {
    const parts = partsOf(headerOf(ruled()))
    expect([...parts.keys()]).toEqual(['codes', 'min', 'range', 'widths'])
    expect(parts.get('widths')).toEqual({ dtype: 'U32', shape: [1] })
    expect(headerOf(ruled())).toMatchObject({ permuted: false, named: false, rule: 'shared', groups: 4 })
    const equal = ruledSample({ ...shape, groupSize: 4, widths: [3, 3, 3, 3, 3], rule: 'width', grid: 'range' }).linear
    expect(equal).toMatchObject({ perm: null, groups: 1, groupOf: new Uint16Array(5) })
    expect([...partsOf(headerOf(equal)).keys()]).toEqual(['codes', 'min', 'range'])
  })

  it('knows every part and its shape from the header', () => {
    expect([...partsOf(headerOf(sample()))]).toEqual([
      ['codes', { dtype: 'U32', shape: [3 * 3 + 3 * 4] }],
      ['scale', { dtype: 'F16', shape: [3, 5] }],
      ['zeros', { dtype: 'U32', shape: [2] }],
      ['perm', { dtype: 'U32', shape: [40] }],
      ['group', { dtype: 'U16', shape: [40] }],
    ])
  })
})

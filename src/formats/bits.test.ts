import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine, ruledSample } from '../../test/affine'
import { anySign, signSample } from '../../test/sign'
import { declaredBits, effectiveBits, sumBits, sumPublished } from './bits'
import { headerOf } from './linear-check'
import type { QuantizedLinear, Width } from './quantized'

const shape = { out: 8, columns: 128, groupSize: 32, zeroBits: 4, seed: 1 } as const

describe('effectiveBits', () => {
  it('counts codes and float16 scales', () => {
    const { linear } = affineSample({ ...shape, widths: [[4, 1]], grid: 'symmetric', permuted: false, named: false })
    expect(effectiveBits(linear)).toEqual({ code: 4, scale: 16 / 32, index: 0, total: 4.5 })
  })

  it('counts zeros with the scales, permutation and named groups as index', () => {
    const { linear } = affineSample({ ...shape, widths: [[3, 1]], grid: 'zero', permuted: true, named: true })
    const index = (32 + 16) / shape.out
    expect(effectiveBits(linear)).toEqual({ code: 3, scale: 20 / 32, index, total: 3 + 20 / 32 + index })
  })

  it('counts the widths of a linear with a rule as index, and no permutation or groups', () => {
    const widths = Array.from({ length: 128 }, (_, i): Width => (i % 2 ? 2 : 4))
    const { linear } = ruledSample({ ...shape, widths, rule: 'shared', grid: 'range' })
    expect(linear).toMatchObject({ perm: expect.anything(), groupOf: expect.anything(), groups: 4 })
    const index = 3 / shape.out
    expect(effectiveBits(linear)).toEqual({ code: 3, scale: 32 / 32, index, total: 4 + index })
    const odd = ruledSample({ ...shape, widths: widths.slice(0, 33), rule: 'shared', grid: 'range' }).linear
    expect(effectiveBits(odd).index).toBe((4 * 32) / (33 * shape.out)) // 99 bits are four words
    const equal = ruledSample({ ...shape, widths: new Array<Width>(113).fill(3), rule: 'shared', grid: 'range' }).linear
    expect(effectiveBits(equal).index).toBe(0)
  })

  it('is known from the header', () => {
    fc.assert(
      fc.property(fc.oneof(anyAffine, anySign), ({ linear }: { linear: QuantizedLinear }) => {
        expect(declaredBits(headerOf(linear))).toEqual(effectiveBits(linear))
      }),
      { numRuns: 100 },
    )
  })

  it('counts signs as code, amplitudes as scale and group ids as index', () => {
    const plain = { out: 8, columns: 128, groups: 4, blockColumns: 64, bits: 8, seed: 1 } as const
    const rows = { ...plain, perRow: true, centered: false, zeros: true } as const
    const signs = signSample({ ...rows, sparse: 'none', salient: 'none' }).linear
    expect(effectiveBits(signs)).toEqual({ code: 1, scale: (4 * 16) / 64, index: 2, total: 4 })
    const all = signSample({
      ...plain,
      perRow: false,
      centered: true,
      zeros: true,
      sparse: 'row',
      salient: 'all',
    }).linear
    const weights = 8 * 128
    expect(effectiveBits(all)).toMatchObject({
      code: (2 * weights + 128 * 8) / weights,
      scale: (2 * 2 * 4 * 16 + 8 * 2 * 3 * 16 + 8 * 16 + 8 * 8) / weights,
      index: (2 * weights + 32 * all.sparse!.gaps.length + 128) / weights,
    })
  })

  it('counts the padding of a segment', () => {
    const { linear } = affineSample({
      ...shape,
      columns: 33,
      groupSize: 33,
      widths: [[2, 1]],
      grid: 'range',
      permuted: false,
      named: false,
    })
    expect(effectiveBits(linear)).toMatchObject({ code: (2 * 64) / 33, scale: 32 / 33 })
  })
})

describe('sumPublished', () => {
  const published = (weight: number) => ({ weight, scale: 0.5, why: 'ids are not in it' })

  it('weighs by the number of weights, and is nothing where one linear has no count', () => {
    const modules = [
      { out: 2, in: 3, published: published(1) },
      { out: 1, in: 2, published: published(2) },
    ]
    expect(sumPublished(modules)).toEqual(published(1.25))
    expect(sumPublished([...modules, { out: 1, in: 1, published: null }])).toBeNull()
    expect(sumPublished([])).toBeNull()
  })
})

describe('sumBits', () => {
  it('weighs by the number of weights', () => {
    const bits = (code: number) => ({ code, scale: 0.5, index: 0, total: code + 0.5 })
    expect(
      sumBits([
        { bits: bits(2), weights: 300 },
        { bits: bits(4), weights: 100 },
      ]),
    ).toEqual(bits(2.5))
    expect(sumBits([])).toEqual({ code: 0, scale: 0, index: 0, total: 0 })
  })
})

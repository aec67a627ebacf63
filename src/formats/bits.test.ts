import { describe, expect, it } from 'vitest'
import { affineSample } from '../../test/affine'
import { effectiveBits, sumBits } from './bits'

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

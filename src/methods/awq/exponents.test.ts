import { describe, expect, it } from 'vitest'
import { expectClose } from '../../../test/device'
import { placeOfLeast, RATIOS, scalesOf } from './exponents'

describe('scales of a ratio', () => {
  it('are 1 at 0', () => {
    expect([...scalesOf([0, 1e-9, 3, 1e30], 0)]).toEqual([1, 1, 1, 1])
  })

  it('are powers of the magnitudes, the largest as far from 1 as the smallest', () => {
    expectClose(scalesOf([1, 4, 16], 0.5), [0.5, 1, 2], { rtol: 1e-7 })
    expectClose(scalesOf([2, 8], 0.95), [4 ** -0.475, 4 ** 0.475], { rtol: 1e-7 })
  })

  it('stay positive and finite for dead, faint and loud inputs', () => {
    for (const ratio of RATIOS)
      for (const magnitudes of [[0, 0, 0], [0, 1, 1e4], [1e-30, 1e30], [1e38, 1e38], [0]]) {
        const scales = scalesOf(magnitudes, ratio)
        expect(scales.every((scale) => scale > 0 && Number.isFinite(scale))).toBe(true)
        expect(Math.max(...scales) * Math.min(...scales)).toBeCloseTo(1, 5)
      }
    expect([...scalesOf([0, 0, 0], 0.5)]).toEqual([1, 1, 1])
    // a dead input counts as one of the power 10⁻⁴
    expectClose(scalesOf([0, 1], 0.5), [0.01, 100], { rtol: 1e-6 })
  })

  it('are tried for twenty ratios below 1', () => {
    expect([RATIOS.length, RATIOS[0], RATIOS[1], RATIOS[19]]).toEqual([20, 0, 0.05, 0.95])
  })
})

it('the first of the least errors wins, no scaling where none is a number', () => {
  expect(placeOfLeast([3, 1, 2, 1])).toBe(1)
  expect(placeOfLeast([2, Number.NaN, 1])).toBe(2)
  expect(placeOfLeast([Number.NaN, Number.POSITIVE_INFINITY])).toBe(0)
})

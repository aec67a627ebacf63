import fc from 'fast-check'
import { expect, it } from 'vitest'
import { quantile, ranksOf, spearman } from './ranks'

it('gives equal values the mean of their places', () => {
  expect([...ranksOf([30, 10, 20, 10, 10])]).toEqual([5, 2, 4, 2, 2])
  expect([...ranksOf([])]).toEqual([])
})

it('knows ρ of published and of simple cases', () => {
  // IQ and hours of television of ten people: ρ = −29/165
  const [iq, hours] = [
    [106, 100, 86, 101, 99, 103, 97, 113, 112, 110],
    [7, 27, 2, 50, 28, 29, 20, 12, 6, 17],
  ]
  expect(spearman(iq, hours)).toBeCloseTo(-29 / 165, 12)
  expect(spearman([1, 2, 3], [1, 8, 27])).toBeCloseTo(1, 12)
  expect(spearman([1, 2, 3, 4], [9, 9, 1, 1])).toBeCloseTo(-0.894427191, 8)
  expect(spearman([1, 2, 3], [5, 5, 5])).toBeNull()
  expect(spearman([1, 2], [3, 4])).toBeNull()
})

it('lies between −1 and 1 and does not care for what keeps the order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 3 })), { minLength: 3 }),
      (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)]
        const rho = spearman(a, b)
        if (rho === null) return
        expect(Math.abs(rho)).toBeLessThanOrEqual(1 + 1e-12)
        expect(
          spearman(
            a.map((x) => x ** 3 + 7),
            b,
          ),
        ).toBeCloseTo(rho, 10)
        expect(spearman(b, a)).toBeCloseTo(rho, 10)
      },
    ),
  )
})

it('finds quantiles in proportion', () => {
  expect([0, 0.25, 0.5, 1].map((part) => quantile([1, 2, 3, 4, 11], part))).toEqual([1, 2, 3, 11])
  expect(quantile([1, 2, 3, 4, 11], 0.9)).toBeCloseTo(8.2, 12)
})

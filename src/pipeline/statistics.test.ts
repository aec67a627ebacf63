import { expect, it } from 'vitest'
import { noise } from '../../test/device'
import { meanInterval, meansOfRuns, percentile, standardError, studentT } from './statistics'

it('knows t of 97.5 %', () => {
  // R: qt(0.975, df)
  const table = { 1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 5: 2.5706, 9: 2.2622, 29: 2.0452, 1e6: 1.96 }
  for (const [freedom, t] of Object.entries(table)) expect(studentT(Number(freedom)) / t).toBeCloseTo(1, 2.9)
})

it('has an interval around a mean of windows, none of one', () => {
  expect(meanInterval([5])).toBeNull()
  expect(standardError([5])).toBeNull()
  // s = 1, n = 3: 2 ± 4.303 / √3
  const { low, high } = meanInterval([1, 2, 3])!
  expect(low).toBeCloseTo(2 - 4.303 / Math.sqrt(3), 12)
  expect(high).toBeCloseTo(2 + 4.303 / Math.sqrt(3), 12)
})

it('holds the mean of normal numbers 19 times in 20', () => {
  const draws = noise(400 * 5 * 12, 9)
  let held = 0
  for (let i = 0; i < 400; i++) {
    // a sum of twelve uniform numbers is all but normal
    const values = Array.from({ length: 5 }, (_, j) => {
      const from = 12 * (5 * i + j)
      return 3 + draws.subarray(from, from + 12).reduce((sum, value) => sum + value, 0)
    })
    const { low, high } = meanInterval(values)!
    held += Number(low <= 3 && 3 <= high)
  }
  expect(held / 400).toBeGreaterThan(0.92)
  expect(held / 400).toBeLessThan(0.98)
})

it('takes means of runs and percentiles', () => {
  expect([...meansOfRuns(Float32Array.of(1, 2, 3, 5, 5, 5), 3)]).toEqual([2, 5])
  const ascending = [0, 1, 2, 10]
  expect([0, 0.5, 0.9, 1].map((part) => percentile(ascending, part))).toEqual(
    [0, 1.5, 2 + 0.7 * 8, 10].map((v) => expect.closeTo(v)),
  )
})

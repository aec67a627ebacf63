import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lossByPosition } from './positions'

it('means every position over the windows', () => {
  const losses = Float32Array.of(8, 4, 2, 6, 2, 0)
  expect(lossByPosition(losses, 2, 1)).toEqual([
    { from: 1, to: 1, nll: 7 },
    { from: 2, to: 2, nll: 3 },
    { from: 3, to: 3, nll: 1 },
  ])
})

it('covers all positions once, in at most 49 bins that never narrow by much', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 300 }), (count, first) => {
      const bins = lossByPosition(new Float32Array(count).fill(2), 1, first)
      expect(bins[0]!.from).toBe(first)
      expect(bins.at(-1)!.to).toBe(first + count - 1)
      for (const [i, { from, to, nll }] of bins.entries()) {
        expect(from).toBe(i === 0 ? first : bins[i - 1]!.to + 1)
        expect(to).toBeGreaterThanOrEqual(from)
        expect(nll).toBe(2)
      }
      expect(bins.length).toBeLessThan(60)
    }),
    { numRuns: 60 },
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../errors'
import { meanBits, plainColumns } from './columns'
import { randomLike, uniform } from './controls'
import { spreadOrder } from './spread'
import { allocationStatistics, widthsOf } from './statistics'

const candidates = [1, 2, 3, 4] as const
const widths = (count: number, target: number) => [...widthsOf(uniform(count, candidates, target), { candidates })]

describe('uniform', () => {
  it('gives every column the same width when the target is a candidate', () => {
    for (const target of [1, 2, 3, 4]) expect(widths(5, target)).toEqual(new Array(5).fill(target))
  })

  it('interleaves the two candidates next to the target', () => {
    expect(widths(8, 2.5)).toEqual([2, 3, 2, 3, 2, 3, 2, 3])
    expect(widths(8, 3.25)).toEqual([3, 3, 3, 4, 3, 3, 3, 4])
  })

  it('mixes neighbours where the target itself is no candidate', () => {
    expect([...uniform(6, [2, 4], 3)]).toEqual([0, 1, 0, 1, 0, 1])
    expect([...uniform(3, [4], 4)]).toEqual([0, 0, 0])
  })

  it('comes within one column of the target from below, as even in every stretch', () => {
    const arb = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 100, max: 400 }))
    fc.assert(
      fc.property(arb, ([count, hundredths]) => {
        const target = hundredths / 100
        const choice = uniform(count, candidates, target)
        const mean = meanBits(choice, plainColumns(count, candidates))
        expect(mean).toBeLessThanOrEqual(target + 1e-8)
        expect(target - mean).toBeLessThan(1 / count)
        let bits = 0
        choice.forEach((k, i) => {
          bits += candidates[k]!
          expect(Math.abs(bits - mean * (i + 1))).toBeLessThan(1 + 1e-8)
        })
      }),
    )
  })

  it('refuses a target outside the candidates', () => {
    for (const target of [0.9, 4.1, Number.NaN])
      expect(() => uniform(10, candidates, target)).toThrow('between 1 and 4 code bits')
    expect(() => uniform(10, candidates, 5)).toThrow(FormatError)
  })
})

describe('randomLike', () => {
  it('keeps the histogram, follows the seed and leaves its input alone', () => {
    const choice = uniform(1000, candidates, 2.4)
    const before = choice.slice()
    const shuffled = randomLike(choice, 1)
    expect(choice).toEqual(before)
    expect([...shuffled].sort()).toEqual([...choice].sort())
    expect(randomLike(choice, 1)).toEqual(shuffled)
    expect(randomLike(choice, 2)).not.toEqual(shuffled)
  })

  it('puts any column anywhere', () => {
    const choice = Uint8Array.of(1, 0, 0, 0, 0)
    const landed = new Array<number>(5).fill(0)
    for (let seed = 0; seed < 5000; seed++) landed[randomLike(choice, seed).indexOf(1)]!++
    // 1000 ± 6 standard deviations
    for (const count of landed) expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(5000 * 0.2 * 0.8))
  })
})

describe('spreadOrder', () => {
  it('visits every position once', () => {
    for (const n of [0, 1, 2, 3, 4, 5, 8, 12, 13, 97, 360, 1024])
      expect([...spreadOrder(n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
  })

  it('has an evenly spread beginning, however long', () => {
    const order = [...spreadOrder(4096)]
    for (const length of [16, 100, 1000, 3000]) {
      const first = order.slice(0, length).sort((a, b) => a - b)
      const gaps = first.slice(1).map((at, i) => at - first[i]!)
      // a golden-ratio sequence has gaps of at most φ² times the mean
      expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil((4096 / length) * 2.62))
    }
  })
})

describe('allocationStatistics', () => {
  it('counts columns, weighs the mean, measures the spread', () => {
    const columns = { candidates: [1, 2, 4], weights: [1, 1, 2, 4], allowed: null } as const
    const statistics = allocationStatistics(Uint8Array.of(0, 0, 1, 2), columns)
    expect(statistics.histogram).toEqual([2, 1, 1])
    expect(statistics.mean).toBe((1 + 1 + 4 + 16) / 8)
    expect(statistics.entropy).toBe(1.5)
  })

  it('has no entropy where all columns are the same', () => {
    expect(allocationStatistics(uniform(10, candidates, 3), plainColumns(10, candidates)).entropy).toBe(0)
  })
})

import { describe, expect, it } from 'vitest'
import { randomLike } from './controls'
import { spreadOrder } from './spread'

describe('randomLike', () => {
  it('keeps the histogram, follows the seed and leaves its input alone', () => {
    const choice = Uint8Array.from({ length: 1000 }, (_, i) => (i % 5 < 2 ? 2 : 1))
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

import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../random'
import { drawSome, placesOf } from './windows'

describe('drawing windows', () => {
  it('draws different numbers, all of them where all are wanted', () => {
    const random = randomFrom(1)
    for (let i = 0; i < 50; i++) {
      const drawn = drawSome(7, 3, random)
      expect(new Set(drawn).size).toBe(3)
      expect(drawn.every((n) => n >= 0 && n < 7)).toBe(true)
    }
    expect(drawSome(5, 5, random).sort()).toEqual([0, 1, 2, 3, 4])
  })

  it('draws each number equally often', () => {
    const random = randomFrom(2)
    const counts = new Array<number>(8).fill(0)
    for (let i = 0; i < 4000; i++) for (const n of drawSome(8, 2, random)) counts[n]!++
    // 1000 expected, standard deviation 27
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * 27)
  })

  it('refuses more than there are', () => {
    expect(() => drawSome(2, 3, Math.random)).toThrow('3 windows of 2')
  })

  it('knows where each window lies', () => {
    expect(placesOf({ length: 5, batches: [2, 1] })).toEqual([
      { batch: 0, row: 0 },
      { batch: 0, row: 5 },
      { batch: 1, row: 0 },
    ])
  })
})

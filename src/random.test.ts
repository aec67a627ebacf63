import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom, sampleBelow } from './random'

describe('randomFrom', () => {
  it('is mulberry32: the same numbers for a seed, on every machine', () => {
    const random = randomFrom(1)
    // first values of the published generator with state 1, times 2^32
    expect([random(), random(), random()].map((x) => x * 2 ** 32)).toEqual([2693262067, 11749833, 2265367787])
  })

  it('gives numbers in [0, 1), spread evenly', () => {
    const random = randomFrom(42)
    const bins = new Array<number>(16).fill(0)
    for (let i = 0; i < 16_000; i++) bins[Math.floor(random() * 16)]!++
    // 1000 ± 6 standard deviations
    for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(1000 * (15 / 16)))
  })

  it('differs between seeds', () => {
    const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => randomFrom(seed)()))
    expect(firsts.size).toBe(1000)
  })
})

describe('sampleBelow', () => {
  it('gives as many different numbers as asked for, ascending, below the bound', () => {
    const bounds = fc.nat(200).chain((below) => fc.tuple(fc.constant(below), fc.nat(below), fc.nat()))
    fc.assert(
      fc.property(bounds, ([below, count, seed]) => {
        const sample = sampleBelow(below, count, randomFrom(seed))
        expect(sample).toHaveLength(count)
        expect(new Set(sample).size).toBe(count)
        expect(sample).toEqual([...sample].sort((a, b) => a - b))
        for (const n of sample) expect(n >= 0 && n < below && Number.isInteger(n)).toBe(true)
      }),
    )
  })

  it('gives all of them when all are asked for', () => {
    expect(sampleBelow(5, 5, randomFrom(3))).toEqual([0, 1, 2, 3, 4])
  })

  it('prefers no number', () => {
    const random = randomFrom(9)
    const drawn = new Array<number>(10).fill(0)
    for (let i = 0; i < 5000; i++) for (const n of sampleBelow(10, 2, random)) drawn[n]!++
    // each is drawn with probability 1/5: 1000 ± 6 standard deviations
    for (const count of drawn) expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(5000 * 0.2 * 0.8))
  })
})

import { describe, expect, it } from 'vitest'
import { schema } from './options'
import { findRatio, firstRatio, publishedBits, RATIOS, storedBits } from './saliency'

/** J(p) of a matrix whose error falls with every salient weight, the largest first. */
const error = async (p: number) => 0.1 * Math.exp(-20 * p)
const find = (options: object) => findRatio(error, 2, schema.parse(options))

describe('the ratio of salient weights', () => {
  it('runs to the upper limit where they have no price', async () => {
    expect(RATIOS.high - (await find({ price: 'none' }))).toBeLessThan(3e-3 * RATIOS.high)
  })

  it('stays near the published bits that are aimed at, the nearer the more a distance costs', async () => {
    const distance = async (rho: number) => publishedBits(await find({ rho }), 4) - 1.03
    const [loose, tight] = [await distance(100), await distance(10_000)]
    // where J′ + ρ·((1 + 3p − 1.03)²)′ is 0
    for (const [rho, found] of [
      [100, loose],
      [10_000, tight],
    ] as const)
      expect(6 * rho * found).toBeCloseTo(2 * Math.exp((-20 * (0.03 + found)) / 3), 1)
    expect(tight).toBeLessThan(loose / 50)
    expect(publishedBits(await find({ target: 1 }), 4)).toBeLessThan(1.01)
  })

  it('is where one more saves what its bits cost', async () => {
    const ratios: number[] = []
    for (const lambda of [0, 0.05, 0.1, 1]) ratios.push(await find({ price: 'bits', lambda }))
    expect(ratios[0]).toBeGreaterThan(0.029)
    expect(ratios.every((p, i) => i === 0 || p <= ratios[i - 1]!)).toBe(true)
    expect(ratios[3]).toBeLessThan(0.0021)
  })

  it('begins at the one given, or at that of the bits aimed at, inside the limits', () => {
    expect(firstRatio(schema.parse({ saliency: 'given', percent: 7 }))).toBeCloseTo(0.07, 12)
    expect(firstRatio(schema.parse({}))).toBeCloseTo(0.01, 12)
    expect(firstRatio(schema.parse({ salientBits: 2, target: 1.5 }))).toBe(RATIOS.high)
    expect(firstRatio(schema.parse({ target: 1 }))).toBe(RATIOS.low)
  })

  it('takes the bits of its codes and of the gaps between them', () => {
    expect(storedBits(0, 1, 4)).toBe(1)
    expect(storedBits(0, 5, 4)).toBe(4)
    // at least the entropy of the mask, at most a bit a salient weight more
    for (const p of [0.002, 0.01, 0.03]) {
      const entropy = -p * Math.log2(p) - (1 - p) * Math.log2(1 - p)
      const gaps = storedBits(p, 1, 4) - 1 - 4 * p
      expect(gaps).toBeGreaterThan(entropy)
      expect(gaps).toBeLessThan(entropy + p)
    }
  })
})

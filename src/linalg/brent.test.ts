import { describe, expect, it } from 'vitest'
import { brent } from './brent'

const minimum = (f: (x: number) => number, low: number, high: number, most = 60) =>
  brent(async (x) => f(x), low, high, { tolerance: 1e-6 * (high - low), most })

describe('Brent’s method', () => {
  it.each<[string, (x: number) => number, number, number, number]>([
    ['a parabola', (x) => (x - 0.3) ** 2, -1, 2, 0.3],
    ['a quartic', (x) => (x - 1) ** 4, -1, 4, 1],
    ['a kink', (x) => Math.abs(x + 0.25), -1, 1, -0.25],
    ['a cosine', (x) => -Math.cos(x), -1, 2, 0],
    ['a fall to the end', (x) => -x, 0, 1, 1],
    ['a rise from the start', (x) => Math.exp(x), 0, 1, 0],
    ['a barrier', (x) => x - Math.log(x), 0.01, 5, 1],
  ])('finds the least of %s', async (_, f, low, high, x) => {
    const found = await minimum(f, low, high)
    // near a quartic’s least float64 sees no difference within 10⁻⁴
    expect(Math.abs(found.x - x)).toBeLessThan(_ === 'a quartic' ? 2e-3 : 1e-5 * (high - low))
    expect(found.value).toBe(f(found.x))
    expect(found.evaluations.every(({ x: at }) => at >= low && at <= high)).toBe(true)
  })

  it('needs few evaluations where parabolas serve, and never more than allowed', async () => {
    expect((await minimum((x) => (x - 0.3) ** 2 + 0.1 * x ** 3, 0, 1)).evaluations.length).toBeLessThan(12)
    expect((await minimum((x) => Math.abs(x - 0.2), 0, 1, 7)).evaluations).toHaveLength(7)
  })

  it('stays with what it has on a plain', async () => {
    const { x, value } = await minimum(() => 2, 0, 1)
    expect(value).toBe(2)
    expect(x).toBeGreaterThanOrEqual(0)
  })
})

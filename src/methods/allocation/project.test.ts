import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError, NumericalError } from '../../errors'
import { WIDTHS, type Width } from '../../formats/quantized'
import { randomFrom } from '../../random'
import { type Columns, meanBits, plainColumns, reachable } from './columns'
import { randomLike } from './controls'
import { project } from './project'

const candidatesArb = fc
  .uniqueArray(fc.constantFrom(...WIDTHS), { minLength: 1, maxLength: 8 })
  .map((widths) => widths.sort((a, b) => a - b))
/** A problem: columns of up to three different weights, maybe with limits, scores of some scale, a share of the range. */
const problemArb = fc
  .record({
    n: fc.integer({ min: 1, max: 500 }),
    candidates: candidatesArb,
    outs: fc.array(fc.constantFrom(1, 3, 64, 172, 4096), { minLength: 1, maxLength: 3 }),
    limited: fc.boolean(),
    seed: fc.nat(),
    scale: fc.constantFrom(0, 1e-20, 1, 1e20),
    // coarse scores tie often
    levels: fc.constantFrom(2, 1e6),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ n, candidates, outs, limited, seed, scale, levels, share }) => {
    const random = randomFrom(seed)
    const below = (count: number) => Math.floor(random() * count)
    const weights = Float64Array.from({ length: n }, () => outs[below(outs.length)]!)
    const allowed = limited ? Uint8Array.from({ length: n }, () => 1 + below(2 ** candidates.length - 1)) : null
    const columns: Columns = { candidates, weights, allowed }
    const scores = Float32Array.from({ length: n * candidates.length }, () => (below(levels) / levels - 0.5) * scale)
    const [min, max] = reachable(columns)
    return { columns, scores, target: min + share * (max - min) }
  })

/** The smallest weighted step that a column can still take, in mean bits: no allocation need come nearer. */
function smallestStep({ candidates, weights, allowed }: Columns, choice: Uint8Array): number {
  let [least, total] = [Number.POSITIVE_INFINITY, 0]
  choice.forEach((current, i) => {
    total += weights[i]!
    for (let k = current + 1; k < candidates.length; k++)
      if (!allowed || allowed[i]! & (1 << k))
        least = Math.min(least, weights[i]! * (candidates[k]! - candidates[current]!))
  })
  return least / total
}

const noisy = (n: number, width: number, seed: number): Float32Array => {
  const random = randomFrom(seed)
  return Float32Array.from({ length: n * width }, () => random() - 0.5)
}

describe('project', () => {
  it('never exceeds the target and leaves less than one step that fits', () => {
    fc.assert(
      fc.property(problemArb, ({ columns, scores, target }) => {
        const { choice, mean } = project(scores, columns, target)
        expect(mean).toBe(meanBits(choice, columns))
        // 1e-8: means are rounded sums of float64
        expect(mean).toBeLessThanOrEqual(target + 1e-8)
        expect(target - mean).toBeLessThan(Math.max(1e-8, smallestStep(columns, choice) + 1e-8))
      }),
      { numRuns: 500 },
    )
  })

  it('gives every column a width that its limits allow', () => {
    fc.assert(
      fc.property(problemArb, ({ columns, scores, target }) => {
        const { choice } = project(scores, columns, target)
        const { allowed, candidates } = columns
        choice.forEach((k, i) => {
          expect(k).toBeLessThan(candidates.length)
          if (allowed) expect(allowed[i]! & (1 << k)).not.toBe(0)
        })
      }),
    )
  })

  it('is within 0.005 bits of any target when columns are many', () => {
    for (const candidates of [
      [1, 2, 3, 4],
      [2, 4, 8],
      [1, 8],
    ] as Width[][]) {
      const columns = plainColumns(1500, candidates)
      const scores = noisy(1500, candidates.length, 1)
      const [min, max] = reachable(columns)
      for (let share = 0; share <= 1; share += 1 / 64) {
        const target = min + share * (max - min)
        const { mean } = project(scores, columns, target)
        expect(Math.abs(mean - target)).toBeLessThanOrEqual(0.005)
      }
    }
  })

  it('grows with the target, column by column, where columns weigh the same and candidates are in sequence', () => {
    const arb = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(300), fc.nat(300), fc.boolean())
    fc.assert(
      fc.property(arb, ([n, seed, a, b, ties]) => {
        const columns = plainColumns(n, [1, 2, 3, 4])
        // concave scores: in sequence, every hull step is one bit
        const random = randomFrom(seed)
        const scores = Float32Array.from({ length: n * 4 }, () => 0)
        for (let i = 0; i < n; i++) {
          const gain = ties ? Math.floor(random() * 3) : random()
          for (let k = 1; k < 4; k++) scores[4 * i + k] = scores[4 * i + k - 1]! + gain / 4 ** k
        }
        const low = project(scores, columns, 1 + Math.min(a, b) / 100)
        const high = project(scores, columns, 1 + Math.max(a, b) / 100)
        expect(high.mean).toBeGreaterThanOrEqual(low.mean)
        low.choice.forEach((k, i) => {
          expect(high.choice[i]!).toBeGreaterThanOrEqual(k)
        })
      }),
    )
  })

  it('reaches more with a higher target, to one step, whatever the scores and weights', () => {
    fc.assert(
      fc.property(problemArb, fc.double({ min: 0, max: 1, noNaN: true }), ({ columns, scores, target }, share) => {
        const lower = reachable(columns)[0] + share * (target - reachable(columns)[0])
        const high = project(scores, columns, target)
        expect(high.mean + smallestStep(columns, high.choice)).toBeGreaterThanOrEqual(
          project(scores, columns, lower).mean - 1e-8,
        )
      }),
    )
  })

  it('is argmax_k (score − η·w·b) at the price it names, save for columns that stand at it', () => {
    const columns = plainColumns(400, [1, 2, 3, 4])
    const scores = noisy(400, 4, 7)
    const { choice, price } = project(scores, columns, 2.25)
    let away = 0
    choice.forEach((chosen, i) => {
      const valued = [0, 1, 2, 3].map((k) => scores[4 * i + k]! - price * (k + 1))
      // 1e-6: float32 scores, differences in float64
      if (valued[chosen]! < Math.max(...valued) - 1e-6) away++
    })
    // one column may be left at a single step short of its hull
    expect(away).toBeLessThanOrEqual(1)
  })

  it('does not care about the scale of scores', () => {
    const columns = plainColumns(300, [1, 2, 3, 4])
    const scores = noisy(300, 4, 3)
    const { choice } = project(scores, columns, 2.5)
    // powers of two, which float32 scales by exactly
    for (const scale of [2 ** -60, 2 ** 60])
      expect(
        project(
          scores.map((s) => s * scale),
          columns,
          2.5,
        ).choice,
      ).toEqual(choice)
  })

  it('keeps the budget when logits are saturated', () => {
    const columns = plainColumns(1000, [1, 2, 3, 4])
    // all columns want 4 bits by far, ten of them 1 bit
    const scores = Float32Array.from({ length: 4000 }, (_, at) => (at % 4 === (at < 40 ? 0 : 3) ? 3e38 : -3e38))
    const { choice, mean } = project(scores, columns, 2.5)
    expect(Math.abs(mean - 2.5)).toBeLessThanOrEqual(0.005)
    expect([...choice.subarray(0, 10)]).toEqual(new Array(10).fill(0))
  })

  it('spreads equal scores evenly, not to the front', () => {
    const columns = plainColumns(4096, [1, 2, 3, 4])
    const { choice, mean } = project(new Float32Array(4 * 4096), columns, 2.5)
    expect(mean).toBe(2.5)
    expect([...choice].filter((k) => k === 1 || k === 2)).toHaveLength(4096)
    for (let start = 0; start < 4096; start += 64) {
      const wide = choice.subarray(start, start + 64).reduce((sum, k) => sum + (k === 2 ? 1 : 0), 0)
      // 32 of 64, to the discrepancy of a golden-ratio sequence of this length
      expect(Math.abs(wide - 32)).toBeLessThanOrEqual(3)
    }
  })

  it('lets bits flow to where a bit of code buys most', () => {
    // both columns gain the same by a bit, but on the second it weighs four times as much
    const columns: Columns = { candidates: [1, 2], weights: [1, 4, 1, 4], allowed: null }
    const { choice } = project(Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1), columns, 1.2)
    expect([...choice]).toEqual([1, 0, 1, 0])
  })

  it('fills what a heavy column leaves with light ones', () => {
    // 5 weighted bits: the heavy column (4) comes first by score, the light ones fill the rest
    const columns: Columns = { candidates: [1, 2], weights: [1, 4, 1, 4], allowed: null }
    const { choice, mean } = project(Float32Array.of(0, 1, 0, 40, 0, 2, 0, 30), columns, 1.5)
    expect([...choice]).toEqual([0, 1, 1, 0])
    expect(mean).toBe(1.5)
  })

  it('refuses scores that are not finite, naming the column', () => {
    const columns = plainColumns(3, [1, 2])
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
      const scores = Float32Array.of(0, 1, 0, bad, 0, 1)
      expect(() => project(scores, columns, 1.5)).toThrow(NumericalError)
      expect(() => project(scores, columns, 1.5)).toThrow(`got ${bad} for column 1 at 2 bits`)
    }
  })

  it('refuses targets out of reach and says the interval', () => {
    const columns: Columns = { candidates: [1, 2, 3, 4], weights: [1, 1, 2], allowed: Uint8Array.of(15, 15, 0b110) }
    const scores = new Float32Array(12)
    for (const target of [1.4, 3.6, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => project(scores, columns, target)).toThrow(FormatError)
      expect(() => project(scores, columns, target)).toThrow('between 1.5 and 3.5 code bits')
    }
    expect([...project(scores, columns, 1.5).choice]).toEqual([0, 0, 1])
    expect([...project(scores, columns, 3.5).choice]).toEqual([3, 3, 2])
  })
})

/** `project` on costs. */
const greedy = (costs: Float32Array, columns: Columns, target: number) =>
  project(
    costs.map((cost) => -cost),
    columns,
    target,
  )

describe('project on costs', () => {
  const total = (costs: Float32Array, choice: Uint8Array, width: number) =>
    choice.reduce((sum, k, i) => sum + costs[i * width + k]!, 0)

  it('is the optimum of all allocations when costs are convex', () => {
    const arb = fc.record({ n: fc.integer({ min: 1, max: 6 }), seed: fc.nat(), bits: fc.nat(18), ties: fc.boolean() })
    fc.assert(
      fc.property(arb, ({ n, seed, bits, ties }) => {
        const random = randomFrom(seed)
        const gain = () => (ties ? Math.ceil(random() * 3) : random())
        const costs = new Float32Array(n * 4)
        for (let i = 0; i < n; i++) {
          const gains = [gain(), gain(), gain()].sort((a, b) => a - b)
          for (let k = 2; k >= 0; k--) costs[4 * i + k] = costs[4 * i + k + 1]! + gains[2 - k]!
        }
        const extra = Math.min(bits, 3 * n)
        const { choice, mean } = greedy(costs, plainColumns(n, [1, 2, 3, 4]), 1 + extra / n)
        expect(mean).toBeCloseTo(1 + extra / n, 10)
        let best = Number.POSITIVE_INFINITY
        for (let code = 0; code < 4 ** n; code++) {
          const other = Uint8Array.from({ length: n }, (_, i) => (code >> (2 * i)) & 3)
          if (other.reduce((sum, k) => sum + k, 0) <= extra) best = Math.min(best, total(costs, other, 4))
        }
        // 1e-5: sums of float32 costs in another order
        expect(total(costs, choice, 4)).toBeLessThanOrEqual(best + 1e-5)
      }),
    )
  })

  it('is never worse than 200 random allocations of the same budget, whatever the costs', () => {
    const arb = fc.record({
      n: fc.integer({ min: 24, max: 200 }),
      candidates: candidatesArb,
      seed: fc.nat(),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(arb, ({ n, candidates, seed, share }) => {
        const columns = plainColumns(n, candidates)
        const [min, max] = reachable(columns)
        const costs = noisy(n, candidates.length, seed)
        const target = min + share * (max - min)
        const { choice } = greedy(costs, columns, target)
        const cost = total(costs, choice, candidates.length)
        for (let trial = 0; trial < 200; trial++) {
          // half with the same histogram, half with one of their own
          const other =
            trial % 2
              ? randomLike(choice, trial)
              : project(noisy(n, candidates.length, trial + 1), columns, target).choice
          expect(cost).toBeLessThanOrEqual(total(costs, other, candidates.length) + 1e-4)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('skips a width that buys nothing for the one behind it', () => {
    // 2 bits are no better than 1, 3 bits are: hull steps 1 → 3
    const costs = Float32Array.of(9, 9, 0, 9, 9, 1)
    expect([...greedy(costs, plainColumns(2, [1, 2, 3]), 2).choice]).toEqual([2, 0])
  })
})

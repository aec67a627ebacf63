import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHUNK, type Width } from '../../formats/quantized'
import { randomFrom } from '../../random'
import { projectAligned } from './aligned'
import { allCandidates } from './columns'
import { columnsOf, type Part } from './parts'
import { project } from './project'

const B: Width[] = [1, 2, 3, 4]
const part = (columns: number, weight: number): Part => ({
  ...{ names: [`l${columns}`], columns, weight, allowed: allCandidates(B) },
})
/** Scores of columns whose loss falls fourfold a bit. */
function scoresOf(n: number, seed: number): Float32Array {
  const random = randomFrom(seed)
  const scores = new Float32Array(n * 4)
  for (let i = 0; i < n; i++) {
    const scale = Math.exp(3 * random())
    B.forEach((b, k) => {
      scores[4 * i + k] = -scale * 4 ** -b
    })
  }
  return scores
}
const counts = (choice: Uint8Array) => B.map((_, k) => choice.reduce((sum, c) => sum + Number(c === k), 0))

describe('projectAligned', () => {
  it('gives whole chunks and the exact mean over several layers, at little loss', () => {
    const parts = Array.from({ length: 20 }, (_, i) => part(256, i % 2 ? 512 : 256))
    const columns = columnsOf(parts, B)
    const scores = scoresOf(20 * 256, 1)
    const { choice, mean } = projectAligned(scores, columns, parts, 2.3)
    expect(Math.abs(mean - 2.3)).toBeLessThanOrEqual(0.005)
    for (let p = 0; p < 20; p++)
      for (const count of counts(choice.slice(p * 256, (p + 1) * 256))) expect(count % CHUNK).toBe(0)
    const total = (some: Uint8Array) => some.reduce((sum, k, i) => sum + scores[4 * i + k]!, 0)
    const free = project(scores, columns, 2.3).choice
    expect(total(choice)).toBeGreaterThan(1.08 * total(free))
    expect(total(choice)).toBeLessThanOrEqual(total(free) * 0.999)
  })

  it('meets the target in one layer of any size, never above it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 220, max: 700 }), fc.double({ min: 1, max: 4, noNaN: true }), (n, target) => {
        const parts = [part(n, 64)]
        const { mean } = projectAligned(scoresOf(n, n), columnsOf(parts, B), parts, target)
        expect(mean).toBeLessThanOrEqual(target + 1e-6)
        expect(target - mean).toBeLessThanOrEqual(0.005)
      }),
    )
  })

  it('breaks up at most two segments in one layer', () => {
    const parts = [part(512, 64)]
    const { choice } = projectAligned(scoresOf(512, 3), columnsOf(parts, B), parts, 2.51)
    expect(counts(choice).filter((count) => count % CHUNK !== 0).length).toBeLessThanOrEqual(2)
  })
})

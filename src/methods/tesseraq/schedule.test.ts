import { describe, expect, it } from 'vitest'
import { learningRate, ROUNDS, softParts } from './schedule'

describe('the schedule of hardening', () => {
  it('hardens the published percentages', () => {
    const hardened = softParts(20).map((soft) => Math.round(1000 * (1 - soft)) / 10)
    expect(hardened).toEqual([20, 35, 50, 57, 62, 66, 70, 73, 76, 79, 82, 85, 88, 90, 92, 94, 96, 98, 99, 99.5])
    expect(softParts(10)).toEqual([0.75, 0.5, 0.375, 0.25, 0.125, 0.09, 0.06, 0.04, 0.02, 0.005])
  })

  it.each(ROUNDS)('leaves ever fewer roundings soft in %d rounds', (rounds) => {
    const parts = softParts(rounds)
    expect(parts).toHaveLength(rounds)
    expect([...parts].sort((a, b) => b - a)).toEqual(parts)
  })

  it('lets a rounding move as far with fewer steps', () => {
    expect(learningRate(250)).toBe(1e-3)
    expect(learningRate(25) * 25).toBeCloseTo(learningRate(250) * 250, 12)
  })
})

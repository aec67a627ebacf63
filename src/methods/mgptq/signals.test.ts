import { expect, it } from 'vitest'
import { noise } from '../../../test/device'
import { oscillates } from './signals'

/** A fall from 2 to 1 with noise of this amplitude. */
const falling = (amplitude: number) => Array.from(noise(120, 1), (x, i) => 2 - i / 120 + amplitude * x)
const redraws = (amplitude: number) => Array.from(noise(8, 2), (x) => 1 + amplitude * x)

it('does not call a fall, small swings or sampling noise an oscillation', () => {
  expect(oscillates(falling(0), redraws(0))).toBe(false)
  expect(oscillates(falling(0.05), redraws(0))).toBe(false)
  expect(oscillates(falling(0.3), redraws(0.3))).toBe(false)
})

it('calls it one when the parameters swing', () => {
  expect(oscillates(falling(0.3), redraws(0.02))).toBe(true)
  const swinging = Array.from({ length: 120 }, (_, i) => 1 + 0.4 * Math.sin(i / 3))
  expect(oscillates(swinging, redraws(0.1))).toBe(true)
})

it('says nothing of a short history', () => {
  expect(oscillates(falling(0.3).slice(0, 49), redraws(0))).toBe(false)
})

import { expect, it } from 'vitest'
import { occupancyOf } from './occupancy'

const ms = (begin: number, end: number, phase: string) => ({
  ...{ begin: BigInt(begin * 1e6), end: BigInt(end * 1e6), phase },
})

it('sums work and waits by phase, and counts overlaps once', () => {
  const phases = occupancyOf([
    ms(10, 14, 'embed'),
    ms(13, 15, 'embed'),
    ms(15, 20, 'calibrate'),
    ms(16, 17, 'calibrate'),
    ms(27, 30, 'quantize'),
    ms(31, 32, 'calibrate'),
  ])
  expect(Object.fromEntries(phases)).toEqual({
    embed: { busyMs: 5, idleMs: 0 },
    calibrate: { busyMs: 6, idleMs: 1 },
    quantize: { busyMs: 3, idleMs: 7 },
  })
  expect(occupancyOf([]).size).toBe(0)
})

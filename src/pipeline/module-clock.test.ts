import { expect, it } from 'vitest'
import type { Together } from '../methods/method'
import type { LinearSpec } from '../models/spec'
import { ModuleClock } from './module-clock'

const linear = (stage: number, out: number, columns: number) => ({ stage, out, in: columns }) as LinearSpec
const linears = [linear(0, 2, 5), linear(0, 2, 15), linear(1, 6, 10)]

/** Seconds that linears are booked with that are finished after so many seconds of work, of which some are apart. */
function booked(together: Together | undefined, work: readonly number[], apart: readonly number[] = []) {
  let [now, elsewhere] = [0, 0]
  const clock = new ModuleClock(
    linears,
    together,
    () => now,
    () => elsewhere,
  )
  return work.map((seconds, i) => {
    clock.start()
    now += 1000 * (seconds + (apart[i] ?? 0))
    elsewhere += apart[i] ?? 0
    return clock.lap(linears[i]!)
  })
}

it('books each linear with the time since the one before, less what is booked elsewhere', () => {
  expect(booked(undefined, [4, 1, 2], [3, 0, 5])).toEqual([4, 1, 2])
})

it('shares by weights what was done for all linears before the first', () => {
  expect(booked('block', [50, 1, 2], [7])).toEqual([5, 16, 32])
})

it('shares by weights what was done for the linears of a stage before its first', () => {
  expect(booked('stage', [40, 1, 2], [0, 0, 7])).toEqual([10, 31, 2])
})

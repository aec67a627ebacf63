import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { elapsedSeconds, newRun, slept } from './progress'
import { ASLEEP_MS, watchSleep } from './sleep'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('tells of a sleep when it is over, not of a tab in the background nor of an hour awake', () => {
  let away = 0
  const told: number[] = []
  const end = watchSleep(
    () => Date.now() + away,
    (ms) => told.push(ms),
  )
  vi.advanceTimersByTime(3_600_000)
  away += 60_000
  vi.advanceTimersByTime(5000)
  expect(told).toEqual([])
  away += 600_000
  vi.advanceTimersByTime(60_000)
  expect(told).toEqual([600_000])
  end()
  away += 10 * ASLEEP_MS
  vi.advanceTimersByTime(60_000)
  expect(told).toHaveLength(1)
})

it('is no time of work', () => {
  const run = slept(slept(newRun('GPTQ', 2, 0), 600_000), 100_000)
  expect(run.slept).toBe(700_000)
  expect(elapsedSeconds(run, 730_000)).toBe(30)
  const waiting = { ...newRun('GPTQ', 2, 0), status: 'paused' as const, pausedAt: 1000 }
  expect(slept(waiting, 600_000)).toBe(waiting)
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeTraining } from '../../test/fake-allocation'
import { fakeMethods } from '../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../test/fake-model'
import { fakeReconstruction } from '../../test/fake-reconstruction'
import { Growing } from './growing'
import { moduleNamed } from './module-index'
import {
  batched,
  elapsedSeconds,
  foldProgress,
  newRun,
  overallShare,
  paused,
  resumed,
  runningModule,
  secondsLeft,
} from './progress'
import { defaultRecipe } from './recipe'

const plan = fakeInspection('wren', 2).modules
const recipe = defaultRecipe(fakeMethods[1]!, '', 'software')

describe('foldProgress', () => {
  it('follows phases, modules, blocks and warnings in one step', () => {
    const start = newRun('GPTQ', 2, 0)
    const module = fakeModule(plan[0]!, recipe)
    const run = foldProgress(start, [
      { type: 'phase', phase: 'calibrate', done: 0, total: 2, label: 'block 1 of 2' },
      { type: 'module', module },
      { type: 'training', name: 'k', steps: 9, training: fakeTraining(9, 2, 3) },
      { type: 'training', name: 'k', steps: 9, training: fakeTraining(9, 2, 4) },
      { type: 'warning', text: 'few windows' },
      { type: 'block', layer: 0, layers: 2, seconds: 3, drift: 0.1, secondsLeft: 4, gpuBytes: 5 },
    ])
    expect([...run.modules]).toEqual([module])
    expect([...run.warnings]).toEqual(['few windows'])
    expect(run).toMatchObject({
      phase: { phase: 'calibrate', label: 'block 1 of 2' },
      layersDone: 1,
      secondsLeft: 4,
      gpuBytes: 5,
      training: { name: 'k', steps: 9, training: fakeTraining(9, 2, 4) },
    })
    expect(start.modules.length).toBe(0)
    expect(overallShare(run, plan.length)).toBeCloseTo(1 / 14)
    expect(runningModule(run, plan)).toBe(plan[1]!.name)
    expect(runningModule({ ...run, status: 'done' }, plan)).toBeNull()
  })

  it('has modules once that are made again', () => {
    const [first, second] = plan.slice(0, 2).map((of) => fakeModule(of, recipe))
    const again = { ...first!, seconds: 99 }
    const events = [first!, second!, again].map((module) => ({ type: 'module', module }) as const)
    const begun = newRun('GPTQ', 2, 0)
    expect(foldProgress(begun, events).modules.toArray()).toEqual([again, second])
    const later = events.reduce((run, event) => foldProgress(run, [event]), begun)
    expect(later.modules.toArray()).toEqual([again, second])
    expect(moduleNamed(later.modules, first!.name)).toBe(again)
  })

  it('keeps the reconstruction of the block at work until the block is done', () => {
    const live = { layer: 1, steps: 9, reconstruction: fakeReconstruction(9, 4) }
    const run = foldProgress(newRun('TesseraQ', 2, 0), [
      { type: 'reconstruction', ...live, reconstruction: fakeReconstruction(9, 3) },
      { type: 'reconstruction', ...live },
    ])
    expect(run.reconstruction).toEqual(live)
    const block = { type: 'block', layer: 1, layers: 2, seconds: 3, drift: 0, secondsLeft: 0, gpuBytes: 5 } as const
    expect(foldProgress(run, [block]).reconstruction).toBeNull()
  })

  it('keeps the state when nothing came', () => {
    const run = newRun('RTN', 2, 0)
    expect(foldProgress(run, [])).toBe(run)
  })
})

describe('a block that is reconstructed', () => {
  const live = { layer: 0, steps: 100, reconstruction: fakeReconstruction(100, 50) }
  const start = foldProgress(newRun('TesseraQ', 2, 0), [{ type: 'reconstruction', ...live }])

  it('counts by its steps until its modules are finished', () => {
    expect(overallShare(start, plan.length)).toBeCloseTo(0.25, 9)
    const modules = plan.slice(0, 5).map((module) => fakeModule(module, recipe))
    expect(overallShare({ ...start, modules: Growing.of(modules) }, plan.length)).toBeCloseTo(5 / 14, 9)
    expect(overallShare({ ...start, modules: Growing.of(modules.slice(0, 2)) }, plan.length)).toBeCloseTo(0.25, 9)
  })

  it('tells what is left before any block is done', () => {
    expect(secondsLeft(start, plan.length, 30)).toBeCloseTo(90, 6)
    expect(secondsLeft({ ...start, reconstruction: null }, plan.length, 30)).toBeNull()
    expect(secondsLeft({ ...start, reconstruction: null, secondsLeft: 7 }, plan.length, 30)).toBe(7)
  })
})

describe('a pause', () => {
  it('is no time of work', () => {
    const waiting = paused(newRun('TesseraQ', 2, 1000), 4000)
    expect(waiting.status).toBe('paused')
    expect(elapsedSeconds(waiting, 60_000)).toBe(3)
    expect(runningModule(waiting, plan)).toBe(plan[0]!.name)
    const again = resumed(waiting, 10_000)
    expect([again.status, elapsedSeconds(again, 12_000)]).toEqual(['running', 5])
    expect(resumed(again, 20_000)).toBe(again)
  })

  it('is only for what runs', () => {
    const done = { ...newRun('RTN', 2, 0), status: 'done' as const, endedAt: 5000 }
    expect(paused(done, 9000)).toBe(done)
    expect(elapsedSeconds(done, 9000)).toBe(5)
  })
})

describe('batched', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('hands on at most one batch a period, and nothing is lost', () => {
    const batches: number[][] = []
    const { push, flush } = batched<number>(100, (batch) => batches.push(batch))
    for (let i = 0; i < 5000; i++) {
      push(i)
      if (i % 10 === 0) vi.advanceTimersByTime(1)
    }
    flush()
    expect(batches.flat()).toEqual(Array.from({ length: 5000 }, (_, i) => i))
    expect(batches.length).toBeLessThanOrEqual(6)
    vi.advanceTimersByTime(1000)
    expect(batches.length).toBeLessThanOrEqual(6)
  })
})

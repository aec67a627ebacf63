import { describe, expect, it } from 'vitest'
import { fakeGroups, fakeRow } from '../../test/fake-benchmark'
import type { BenchmarkRow } from '../workers/api'
import {
  type BenchmarkRun,
  benchmarkChoice,
  benchmarkJson,
  benchmarkMarkdown,
  benchmarkObstacle,
  bestRates,
  byWork,
  figures,
  foldBenchmark,
  noBenchmark,
  percent,
  reached,
} from './benchmark'
import type { EngineState } from './store'

const gpu = { name: 'fake', software: true, features: [], maxBindingBytes: 1, maxBufferBytes: 1 }
const software: EngineState = { status: 'ready', gpu }
const hardware: EngineState = { status: 'ready', gpu: { ...gpu, software: false } }
const benchmark = { ...noBenchmark, groups: fakeGroups }

const row = (work: string, gflops: number, gbPerSecond: number): BenchmarkRow => ({
  ...{ work, n: 64, ms: 2, runs: 3 },
  ...{ gflops, gbPerSecond },
})

const run: BenchmarkRun = {
  ...{ serial: 1, device: 'fake', status: 'done', at: null, done: 2, total: 2, askedAt: 0, startUp: null },
  rows: [row('matmul n', 100, 2), row('copy of n', 0, 10), row('codes', 25, 8), row('Hessian', 150, 1)],
}

describe('what would be measured', () => {
  it('is small on a software device, and what the person says', () => {
    expect(benchmarkChoice({ benchmark, engine: software })).toMatchObject({ sizes: [64, 128, 256], runs: 3 })
    expect(benchmarkChoice({ benchmark, engine: hardware }).sizes).toEqual([512, 1024, 2048, 4096])
    const form = { sizes: '32 16,16', runs: 2, left: ['Products', 'Codes'] }
    const choice = benchmarkChoice({ benchmark: { ...benchmark, form }, engine: software })
    expect(choice).toMatchObject({ sizes: [32, 16], runs: 2, works: fakeGroups[1]!.works })
    expect(choice.problems).toEqual({ sizes: null, runs: null })
  })

  it.each(['', '64, x', '0', '1.5', '65537'])("refuses '%s' as sizes", (sizes) => {
    const form = { sizes, runs: 0, left: [] }
    const { problems } = benchmarkChoice({ benchmark: { ...benchmark, form }, engine: software })
    expect(problems.sizes).toMatch(/whole numbers from 1/)
    expect(problems.runs).toMatch(/whole number from 1/)
  })

  it('waits for a run of the studio, for the engine and for values that can be', () => {
    const idle = { benchmark, engine: software, busy: null, sweep: null }
    expect(benchmarkObstacle(idle)).toBeNull()
    expect(benchmarkObstacle({ ...idle, busy: 'run' })).toMatch(/^A run is under way/)
    expect(benchmarkObstacle({ ...idle, sweep: { label: 'bits', values: [2, 3], at: 0 } })).toMatch(/^A run/)
    expect(benchmarkObstacle({ ...idle, busy: 'measure' })).toMatch(/busy/)
    expect(benchmarkObstacle({ ...idle, engine: { status: 'starting' } })).toMatch(/Waits/)
    expect(benchmarkObstacle({ ...idle, benchmark: noBenchmark })).toMatch(/at least one/)
    const form = { ...noBenchmark.form, sizes: 'x' }
    expect(benchmarkObstacle({ ...idle, benchmark: { ...benchmark, form } })).toMatch(/correct/)
  })
})

describe('what was measured', () => {
  it('is held against the best product or the best copy, whichever bounds it', () => {
    const best = bestRates(run.rows)
    expect(best).toEqual({ gflops: 100, gbPerSecond: 10 })
    expect(run.rows.map((each) => reached(each, best))).toEqual([
      { bound: 'compute', share: 1 },
      { bound: 'memory', share: 1 },
      { bound: 'memory', share: 0.8 },
      { bound: 'compute', share: 1.5 },
    ])
  })

  it('is not held against what was not measured', () => {
    const alone = bestRates(run.rows.slice(1))
    expect(alone).toEqual({ gflops: null, gbPerSecond: 10 })
    expect(reached(run.rows[1]!, alone)).toEqual({ bound: 'memory', share: 1 })
    expect(reached(run.rows[2]!, alone)).toBeNull()
    expect(bestRates([row('matmul', Number.POSITIVE_INFINITY, 1)]).gflops).toBeNull()
  })

  it('grows by rows, which keep their work together', () => {
    const started = foldBenchmark({ ...run, rows: [] }, { type: 'work', work: 'b', n: 64, done: 3, total: 9 })
    expect(started).toMatchObject({ at: { work: 'b', n: 64 }, done: 3, total: 9 })
    const startUp = { firstDispatchAt: 7, compiled: { pipelines: 2, ms: 9 } }
    const one = foldBenchmark(started, { type: 'row', row: fakeRow('b', 64, 1), startUp })
    expect([one.rows.length, one.startUp]).toEqual([1, startUp])
    const rows = [fakeRow('b', 64, 1), fakeRow('a', 64, 1), fakeRow('b', 128, 1)]
    expect(byWork(rows).map(([work, own]) => [work, ...own.map(({ n }) => n)])).toEqual([
      ['b', 64, 128],
      ['a', 64],
    ])
  })

  it('is taken along as a table and as the document of the command line', () => {
    const markdown = benchmarkMarkdown(run).split('\n')
    expect(markdown[0]).toBe('fake; medians of 3 runs')
    expect(markdown.slice(4)).toEqual([
      '| matmul n | 64 | 2.00 | 100 | 2.00 | compute | 100 % |',
      '| copy of n | 64 | 2.00 | 0 | 10.0 | memory | 100 % |',
      '| codes | 64 | 2.00 | 25.0 | 8.00 | memory | 80 % |',
      '| Hessian | 64 | 2.00 | 150 | 1.00 | compute | 150 % |',
      '',
    ])
    expect(JSON.parse(benchmarkJson(run))).toEqual({ device: 'fake', rows: run.rows })
  })

  it('has a column for the clock of the GPU where one was read', () => {
    const timed = {
      ...run,
      rows: [
        { ...run.rows[0]!, gpuMs: 1.5 },
        { ...run.rows[1]!, gpuMs: null },
      ],
    }
    expect(benchmarkMarkdown(timed).split('\n').slice(2)).toEqual([
      '| work | n | ms | GPU ms | GFLOP/s | GB/s | bound by | reached |',
      '|---|---:|---:|---:|---:|---:|---|---:|',
      '| matmul n | 64 | 2.00 | 1.50 | 100 | 2.00 | compute | 100 % |',
      '| copy of n | 64 | 2.00 |  | 0 | 10.0 | memory | 100 % |',
      '',
    ])
  })

  it('has three digits that count', () => {
    expect([0, 0.00012, 0.1914, 34.188, 99.96, 34188.4].map(figures)).toEqual([
      ...['0', '0.0001', '0.191', '34.2', '100.0', '34188'],
    ])
    expect([0.004, 0.0996, 1.34].map(percent)).toEqual(['0.4 %', '10 %', '134 %'])
  })
})

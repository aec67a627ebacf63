import { counted } from '../counted'
import type { BenchmarkDevice, BenchmarkGroup, BenchmarkProgress, BenchmarkRow, StartUp } from '../workers/api'
import type { StudioState } from './store'
import { benchmarkWaits as waits } from './words'

/** What the benchmark's page knows. */
export interface Benchmark {
  /** Empty until the page was opened. */
  readonly groups: readonly BenchmarkGroup[]
  readonly device: DeviceDetail | null
  readonly form: BenchmarkForm
  /** The last one, or the one under way. */
  readonly run: BenchmarkRun | null
}

export type DeviceDetail = Pick<BenchmarkDevice, 'features' | 'limits'> & {
  /** When the page was opened, in milliseconds since 1970, and how long it then took until the device was there, and ready. */
  readonly openedAt: number
  readonly foundMs: number
  readonly readyMs: number
}

/** Null lets the page choose. */
export interface BenchmarkForm {
  readonly sizes: string | null
  readonly runs: number | null
  /** Titles of groups that are not measured. */
  readonly left: readonly string[]
}

export interface BenchmarkRun {
  /** Counts benchmarks: what still comes of an earlier one is told apart. */
  readonly serial: number
  readonly device: string
  readonly status: 'running' | 'stopping' | 'done' | 'stopped' | 'failed'
  /** As measured, a work after another. */
  readonly rows: readonly BenchmarkRow[]
  readonly at: { readonly work: string; readonly n: number } | null
  readonly done: number
  readonly total: number
  /** When it was asked for, in milliseconds since 1970. */
  readonly askedAt: number
  readonly startUp: StartUp | null
}

export const noBenchmark: Benchmark = {
  groups: [],
  device: null,
  form: { sizes: null, runs: null, left: [] },
  run: null,
}

/** Sizes and runs that take a minute or two: on a GPU, and on a processor that stands in for one. */
const DEFAULTS = {
  hardware: { sizes: '512, 1024, 2048, 4096', runs: 5 },
  software: { sizes: '64, 128, 256', runs: 3 },
}
const LARGEST = 65_536
const MOST_RUNS = 1000

export interface BenchmarkChoice {
  readonly sizesText: string
  readonly sizes: readonly number[]
  readonly runs: number
  readonly works: readonly string[]
  readonly problems: { readonly sizes: string | null; readonly runs: string | null }
}

/** What would be measured, completed with what the page chooses where nobody did. */
export function benchmarkChoice({ benchmark, engine }: Pick<StudioState, 'benchmark' | 'engine'>): BenchmarkChoice {
  const { form, groups } = benchmark
  const defaults = DEFAULTS[engine.status === 'ready' && !engine.gpu.software ? 'hardware' : 'software']
  const sizesText = form.sizes ?? defaults.sizes
  const runs = form.runs ?? defaults.runs
  const sizes = [...new Set(sizesText.split(/[\s,]+/).filter(Boolean))].map(Number)
  const whole = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most
  return {
    ...{ sizesText, sizes, runs },
    works: groups.filter(({ title }) => !form.left.includes(title)).flatMap(({ works }) => works),
    problems: {
      sizes:
        sizes.length > 0 && sizes.every((n) => whole(n, LARGEST))
          ? null
          : `expected whole numbers from 1 to ${LARGEST} with commas`,
      runs: whole(runs, MOST_RUNS) ? null : `expected a whole number from 1 to ${MOST_RUNS}`,
    },
  }
}

/** Why it cannot be started now; null when it can. */
export function benchmarkObstacle(state: Pick<StudioState, 'benchmark' | 'engine' | 'busy' | 'sweep'>): string | null {
  const { engine, busy, sweep } = state
  if (engine.status !== 'ready') return engine.status === 'absent' ? waits.noGpu : waits.starting
  if (busy === 'run' || sweep) return waits.run
  if (busy && busy !== 'benchmark') return waits.busy
  const { works, problems } = benchmarkChoice(state)
  if (problems.sizes || problems.runs) return waits.problem
  return works.length === 0 ? waits.nothing : null
}

export function foldBenchmark(run: BenchmarkRun, progress: BenchmarkProgress): BenchmarkRun {
  if (progress.type === 'row') return { ...run, rows: [...run.rows, progress.row], startUp: progress.startUp }
  const { work, n, done, total } = progress
  return { ...run, at: { work, n }, done, total }
}

/** Rows of each work, in the order in which works came. */
export function byWork(rows: readonly BenchmarkRow[]): [work: string, rows: BenchmarkRow[]][] {
  const groups = new Map<string, BenchmarkRow[]>()
  for (const row of rows) groups.set(row.work, [...(groups.get(row.work) ?? []), row])
  return [...groups]
}

/** The best of the products and of the copies measured: what the other works are held against. */
export interface Rates {
  readonly gflops: number | null
  readonly gbPerSecond: number | null
}

export function bestRates(rows: readonly BenchmarkRow[]): Rates {
  const best = (works: RegExp, rate: 'gflops' | 'gbPerSecond') => {
    const rates = rows.filter(({ work }) => works.test(work)).map((row) => row[rate])
    const finite = rates.filter((value) => Number.isFinite(value) && value > 0)
    return finite.length > 0 ? Math.max(...finite) : null
  }
  return { gflops: best(/^matmul/, 'gflops'), gbPerSecond: best(/\bcop(y|ied)\b/, 'gbPerSecond') }
}

/** What bounds a work, and the part it reaches of the speed that this allows. */
export interface Reached {
  readonly bound: 'compute' | 'memory'
  readonly share: number
}

/**
 * The floor of a work is max(flops ÷ best GFLOP/s, bytes ÷ best GB/s); both over its time give its share. Null while a
 * rate that it needs was not measured.
 */
export function reached({ gflops, gbPerSecond }: BenchmarkRow, best: Rates): Reached | null {
  const of = (rate: number, most: number | null) => (rate === 0 ? 0 : most && rate / most)
  const [compute, memory] = [of(gflops, best.gflops), of(gbPerSecond, best.gbPerSecond)]
  if (compute === null || memory === null || !Number.isFinite(compute + memory)) return null
  return compute > memory ? { bound: 'compute', share: compute } : { bound: 'memory', share: memory }
}

/** Three significant digits, no more than four decimals, never an exponent: "0.191", "34.2", "34188". */
export function figures(value: number): string {
  if (value === 0) return '0'
  const decimals = 2 - Math.floor(Math.log10(value))
  return value.toFixed(Math.min(4, Math.max(0, decimals)))
}

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`

/** Whether the device's own clock was read too. */
export const timedOnGpu = (rows: readonly BenchmarkRow[]): boolean =>
  rows.some(({ gpuMs }) => typeof gpuMs === 'number')

/** The table for a page of text. */
export function benchmarkMarkdown({ device, rows }: BenchmarkRun): string {
  const best = bestRates(rows)
  const gpu = timedOnGpu(rows)
  const lines = rows.map((row) => {
    const { work, n, ms, gpuMs, gflops, gbPerSecond } = row
    const share = reached(row, best)
    const times = [figures(ms), ...(gpu ? [typeof gpuMs === 'number' ? figures(gpuMs) : ''] : [])]
    const cells = [work, n, ...times, figures(gflops), figures(gbPerSecond)]
    return `| ${[...cells, share?.bound ?? '', share ? percent(share.share) : ''].join(' | ')} |`
  })
  const runs = rows[0]?.runs ?? 0
  return [
    `${device}; medians of ${counted(runs, 'run')}`,
    '',
    `| work | n | ms |${gpu ? ' GPU ms |' : ''} GFLOP/s | GB/s | bound by | reached |`,
    `|---|---:|---:|${gpu ? '---:|' : ''}---:|---:|---|---:|`,
    ...lines,
    '',
  ].join('\n')
}

/** The document that `bitloom bench --json` prints. */
export const benchmarkJson = ({ device, rows }: BenchmarkRun): string => `${JSON.stringify({ device, rows })}\n`

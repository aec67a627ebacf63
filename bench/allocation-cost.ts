import type { Gpu } from '../src/gpu/device'
import type { Recorder } from '../src/gpu/recorder'
import type { Span } from '../src/gpu/timing'
import { matmul } from '../src/kernels/gemm'
import { presets } from '../src/methods/mgptq/options'
import { resolveMethod } from '../src/methods/registry'

/** What is compared: GPTQ, and MG-PTQ from nothing learned to networks that learn. */
export interface CostRecipe {
  readonly name: string
  readonly method: string
  readonly options: Readonly<Record<string, unknown>>
}

/** Times that a rate is taken, and what is timed at once. */
const RUNS = 4
const REPEATS = 8

const published = presets.find(({ name }) => name === 'published')!.options

export const recipes: readonly CostRecipe[] = [
  { name: 'GPTQ', method: 'gptq', options: { bits: 2, groupSize: 128 } },
  {
    name: 'greedy',
    method: 'mg-ptq',
    options: { bits: 2.5, ...published, allocator: 'greedy', objective: 'compensated' },
  },
  { name: 'messages', method: 'mg-ptq', options: { bits: 2.5, allocator: 'messages' } },
  { name: 'GCN published', method: 'mg-ptq', options: { bits: 2.5, ...published } },
  { name: 'GCN improved', method: 'mg-ptq', options: { bits: 2.5, allocator: 'gcn' } },
]

export const resolve = ({ method, options }: CostRecipe) => resolveMethod(method, options)

/** What the GPU did in one run, from timestamps; on the host's clock the run took longer. */
export interface GpuWork {
  readonly ms: number
  readonly dispatches: number
  readonly gflop: number
  /** What the same kernels would take at the device's best rates: Σ max(flops/F, bytes/B). */
  readonly floorMs: number
  /** Kernels that took longest, by their GPU time in ms. */
  readonly longest: Readonly<Record<string, number>>
}

/** The best rates of a device, by measurement. */
export interface Rates {
  readonly gflops: number
  readonly gbPerSecond: number
}

export function gpuWork(spans: readonly Span[], { gflops, gbPerSecond }: Rates): GpuWork {
  const sum = (of: (span: Span) => number) => spans.reduce((total, span) => total + of(span), 0)
  return {
    ms: sum((span) => span.ms),
    dispatches: sum((span) => span.count),
    gflop: sum((span) => span.flops) / 1e9,
    floorMs: sum(({ flops, bytes }) => Math.max(flops / gflops, bytes / gbPerSecond) / 1e6),
    longest: Object.fromEntries(spans.slice(0, 12).map(({ label, ms }) => [label, ms])),
  }
}

/** One run under timestamps; null where the device has none. */
export async function profiled(gpu: Gpu, rates: Rates, work: () => Promise<unknown>): Promise<GpuWork | null> {
  if (!gpu.device.features.has('timestamp-query')) return null
  return gpuWork((await gpu.profile(work)).spans, rates)
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Best of some runs of a large product and of a large copy. */
export async function measureRates(gpu: Gpu): Promise<Rates> {
  const n = gpu.info.software ? 512 : 4096
  const [a, b, c] = [gpu.alloc([n, n]), gpu.alloc([n, n]), gpu.alloc([n, n])]
  const best = async (record: (rec: Recorder) => void) => {
    let least = Number.POSITIVE_INFINITY
    for (let run = 0; run < RUNS; run++) {
      const rec = gpu.record()
      for (let i = 0; i < REPEATS; i++) record(rec)
      const started = performance.now()
      await gpu.submit(rec)
      await gpu.settle()
      least = Math.min(least, (performance.now() - started) / REPEATS)
    }
    return least
  }
  const product = await best((rec) => matmul(rec, { a, b, c, m: n, n, k: n, transB: true }))
  const copy = await best((rec) => rec.copy(a, b))
  gpu.free(a, b, c)
  return { gflops: (2 * n ** 3) / product / 1e6, gbPerSecond: (8 * n * n) / copy / 1e6 }
}

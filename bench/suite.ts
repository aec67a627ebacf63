import type { Gpu } from '../src/gpu/device'
import type { Span } from '../src/gpu/timing'
import { codeWorks } from './codes'
import { copied } from './copy'
import { denseWorks, product, TOKENS } from './dense'
import { signWorks } from './signs'

/** One line of the bench: medians over runs, next to what the work costs at least. */
export interface Measurement {
  readonly work: string
  readonly n: number
  readonly ms: number
  /** Time in which the GPU was at it, by its own clock; null without the timestamp-query feature. */
  readonly gpuMs: number | null
  /** What each kernel takes when its dispatches are timed one by one, which costs some microseconds each; longest first. */
  readonly kernels: readonly Pick<Span, 'label' | 'ms' | 'longestMs' | 'count'>[]
  readonly gflops: number
  /** Bytes that must move, over the time. */
  readonly gbPerSecond: number
  readonly runs: number
}

export interface Work {
  readonly name: string
  flops(n: number): number
  bytes(n: number): number
  /** Elements of the largest tensor, n × max(n, 2048) unless given; sizes where it cannot be bound are left out. */
  largest?(n: number): number
  /** The largest size worth the time it takes. */
  readonly most?: number
  /** Sets up once; the returned function does the work once and resolves when it has been submitted. */
  prepare(gpu: Gpu, n: number): Promise<{ run(): Promise<void>; free(): void }>
}

/** Everything that is measured, in the order of the table. */
export const works: readonly Work[] = [...denseWorks, copied, ...codeWorks, ...signWorks]

/** A GPU that idled runs at a fraction of its clock for a while, and does not hurry for little work. */
const WARM_UP_MS = 500

/** Keeps all of the GPU busy for a while. */
async function spin(gpu: Gpu): Promise<void> {
  if (gpu.info.software) return
  const n = 2048
  const { run, free } = await product.prepare(gpu, n)
  await warmUp(gpu, async () => {
    for (let i = 0; i < 8; i++) await run()
  })
  free()
}

/** Runs `work` until the device has been busy for a while; once where a single run takes longer. */
export async function warmUp(gpu: Gpu, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  do {
    await work()
    await gpu.settle()
  } while (performance.now() - started < WARM_UP_MS)
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!

/** The GPU's time of the run that is the median of all, its passes as they are, and once that of every dispatch. */
async function gpuTime(
  gpu: Gpu,
  run: () => Promise<void>,
  runs: number,
): Promise<Pick<Measurement, 'gpuMs' | 'kernels'>> {
  if (!gpu.device.features.has('timestamp-query')) return { gpuMs: null, kernels: [] }
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    const { occupancy } = await gpu.profile(run, 'pass')
    times.push([...occupancy.values()].reduce((sum, { busyMs }) => sum + busyMs, 0))
  }
  const { spans } = await gpu.profile(run)
  return {
    gpuMs: median(times),
    kernels: spans.map(({ label, ms, longestMs, count }) => ({ label, ms, longestMs, count })),
  }
}

/** Measures every work whose name contains `named` at every size; sizes that do not fit the device are left out. */
export async function* measure(
  gpu: Gpu,
  sizes: readonly number[],
  runs: number,
  named = '',
): AsyncGenerator<Measurement> {
  for (const work of works.filter(({ name }) => name.includes(named)))
    for (const n of sizes) {
      const largest = work.largest?.(n) ?? n * Math.max(n, TOKENS)
      if (n > (work.most ?? n) || 4 * largest > gpu.info.maxBindingBytes) continue
      const { run, free } = await work.prepare(gpu, n)
      await spin(gpu)
      await warmUp(gpu, run)
      const times: number[] = []
      for (let i = 0; i < runs; i++) {
        const started = performance.now()
        await run()
        await gpu.settle()
        times.push(performance.now() - started)
      }
      const inside = await gpuTime(gpu, run, runs)
      free()
      gpu.pool.trim()
      const ms = median(times)
      const rates = { gflops: work.flops(n) / ms / 1e6, gbPerSecond: work.bytes(n) / ms / 1e6 }
      yield { work: work.name, n, ms, ...inside, ...rates, runs }
    }
}

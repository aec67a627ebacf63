import type { Gpu } from '../src/gpu/device'
import { say } from './progress'

export const profileFlag = {
  profile: { type: 'switch', help: 'Print the GPU time of every kernel on standard error.' },
} as const

/** Does the work; tells what its kernels took when asked to. */
export async function profiled<T>(gpu: Gpu, wanted: boolean, work: () => Promise<T>): Promise<T> {
  if (!wanted) return work()
  const { result, spans } = await gpu.profile(work)
  for (const { label, ms, count, flops, bytes } of spans) {
    const rates = `${(flops / ms / 1e6).toFixed(0).padStart(7)} GFLOP/s  ${(bytes / ms / 1e6).toFixed(0).padStart(6)} GB/s`
    say(`${label.padEnd(36)} ${String(count).padStart(6)} ×  ${ms.toFixed(2).padStart(10)} ms  ${rates}`)
  }
  return result
}

import { measure, works } from '../../bench/suite'
import type { Gpu } from '../gpu/device'
import { checkCancelled } from '../pipeline/batching'
import type { BenchmarkDevice, BenchmarkGroup, BenchmarkOptions, BenchmarkProgress, DeviceTimes } from './api'

/** What a work is about, by its name; the first that fits. */
const GROUPS: readonly (readonly [title: string, holds: RegExp])[] = [
  ['Products', /^(matmul|Hessian|U·X|XᵀY|attention)/],
  ['Memory', /\bcop(y|ied)\b/],
  ['Factors', /^(Cholesky|factor|GPTQ)/],
  ['Codes', /^(codes|W·X)/],
  ['Signs', /^signs/],
  ['Others', /./],
]

export function benchmarkGroups(): BenchmarkGroup[] {
  const titleOf = (name: string) => GROUPS.find(([, holds]) => holds.test(name))![0]
  return GROUPS.map(([title]) => ({
    title,
    works: works.map(({ name }) => name).filter((name) => titleOf(name) === title),
  })).filter((group) => group.works.length > 0)
}

/** Features that kernels may use, and limits that decide what fits. */
const FEATURES = ['subgroups', 'shader-f16', 'timestamp-query'] as const
const LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
] as const

export function benchmarkDevice({ device, info }: Gpu, times: DeviceTimes): BenchmarkDevice {
  const use = (name: string) =>
    device.features.has(name) ? 'used' : info.features.includes(name) ? 'unused' : 'absent'
  return {
    ...times,
    features: FEATURES.map((name) => ({ name, use: use(name) })),
    limits: LIMITS.map((name) => ({ name, value: device.limits[name] })),
  }
}

/**
 * A run that takes longer than this at least is left out: a person would wait for it once to warm up, and once for every
 * run. A processor may need several times as long, and cannot split a product along k, so that a dispatch grows with it.
 */
const LONGEST_MS = { hardware: 2000, software: 200 }

/** How long one run takes at least, from what the device has been seen to do. */
function leastMs(gpu: Gpu, name: string, n: number): number {
  const work = works.find((candidate) => candidate.name === name)
  return work ? gpu.estimateMs(work.flops(n), work.bytes(n)) : 0
}

interface BenchmarkRequest extends BenchmarkOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: BenchmarkProgress) => void
}

/** Measures one work at one size after another; CancelledError between two of them once the signal aborts. */
export const benchmark = (gpu: Gpu, request: BenchmarkRequest): Promise<void> => gpu.scope(() => run(gpu, request))

async function run(gpu: Gpu, { works: named, sizes, runs, signal, onProgress }: BenchmarkRequest): Promise<void> {
  const longest = LONGEST_MS[gpu.info.software ? 'software' : 'hardware']
  const before = gpu.startUp.compiled
  const total = named.length * sizes.length
  const startUp = () => {
    const { compiled, firstDispatchAt } = gpu.startUp
    return {
      firstDispatchAt: firstDispatchAt === null ? null : performance.timeOrigin + firstDispatchAt,
      compiled: { pipelines: compiled.pipelines - before.pipelines, ms: compiled.ms - before.ms },
    }
  }
  let done = 0
  for (const work of named)
    for (const n of sizes) {
      checkCancelled(signal)
      onProgress({ type: 'work', work, n, done, total })
      if (leastMs(gpu, work, n) <= longest)
        for await (const row of measure(gpu, [n], runs, work)) onProgress({ type: 'row', row, startUp: startUp() })
      done++
    }
}

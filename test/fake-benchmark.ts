import type { BenchmarkDevice, BenchmarkGroup, BenchmarkRow, DeviceTimes } from '../src/workers/api'

export const fakeGroups: readonly BenchmarkGroup[] = [
  { title: 'Products', works: ['matmul A·Bᵀ n×n×n', 'Hessian n×n += XᵀX, 2048 tokens'] },
  { title: 'Memory', works: ['copy of 4 n×n float32, read and written'] },
  { title: 'Codes', works: ['codes of 4 bits·x, 16 of n×n in turn, one token'] },
]

export const fakeDetail: Omit<BenchmarkDevice, keyof DeviceTimes> = {
  features: [
    { name: 'subgroups', use: 'unused' },
    { name: 'shader-f16', use: 'absent' },
    { name: 'timestamp-query', use: 'used' },
  ],
  limits: [
    { name: 'maxStorageBufferBindingSize', value: 134_217_728 },
    { name: 'maxComputeInvocationsPerWorkgroup', value: 256 },
  ],
}

/** Times as a device of 100 GFLOP/s and 10 GB/s at best has them, products at half of that below n = 100. */
export function fakeRow(work: string, n: number, runs: number): BenchmarkRow {
  const [flops, bytes] = work.startsWith('copy') ? [0, 32 * n * n] : [2 * n ** 3, 12 * n * n]
  const ms = Math.max(flops / 1e8, bytes / 1e7) * (n < 100 ? 2 : 1)
  return { work, n, ms, gflops: flops / ms / 1e6, gbPerSecond: bytes / ms / 1e6, runs }
}

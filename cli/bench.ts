import { type Measurement, measure } from '../bench/suite'
import type { Gpu } from '../src/gpu/device'

export interface BenchReport {
  readonly device: string
  readonly rows: readonly Measurement[]
}

/** Measures the kernels at the given sizes; `say` gets a line for each as it is done. */
export async function bench(
  gpu: Gpu,
  sizes: readonly number[],
  runs: number,
  say: (line: string) => void,
): Promise<BenchReport> {
  const rows: Measurement[] = []
  for await (const row of measure(gpu, sizes, runs)) {
    rows.push(row)
    const { work, n, ms, gflops, gbPerSecond } = row
    say(
      `${work.padEnd(46)} ${String(n).padStart(5)}  ${ms.toFixed(2).padStart(9)} ms  ${gflops.toFixed(1).padStart(9)} GFLOP/s  ${gbPerSecond.toFixed(1).padStart(7)} GB/s`,
    )
  }
  return { device: gpu.info.name, rows }
}

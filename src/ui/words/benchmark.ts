import { plural } from './counts'

export const benchmarkWords = {
  title: 'Benchmark',
  back: 'Back to the studio',
  intro: 'How fast this device runs the kernels that models are quantized with.',

  sizes: 'Sizes n',
  sizesHelp: 'Rows and columns of the matrices.',
  runs: 'Runs',
  runsHelp: 'Each time is the median of so many, after a warm-up.',
  works: 'Works',
  run: 'Run',
  stop: 'Stop',
  count: (measurements: number) => plural(measurements, 'measurement'),
  at: (work: string, n: number) => `${work}, n = ${n}`,
  loading: 'Loading',
  stopping: 'Stops after the measurement at work.',

  first: 'The first row appears as soon as it is measured.',
  none: 'Rows appear as they are measured: time, GFLOP/s, GB/s, and what part of the device’s best rates they reach.',
  measurements: 'Measurements',
  medians: (runs: string) => `medians of ${runs}`,
  underWay: 'under way',
  leftOut: (count: number) => `${count} left out: no room on the device, or too long to wait for`,
  ended: { stopped: 'stopped', failed: 'failed' },
  after: (status: string, done: number, total: number) => `${status} after ${done} of ${total}`,
  copyAs: (format: string) => `Copy as ${format}`,
  copied: (format: string) => `Copied as ${format}.`,
  save: 'Save JSON',

  times: 'Times',
  columns: {
    n: { title: 'n' },
    ms: { title: 'ms', help: 'From asking to having, by the wall clock' },
    gpu: { title: 'GPU ms', help: 'Kernels alone, by the clock of the GPU' },
    gflops: { title: 'GFLOP/s' },
    gb: { title: 'GB/s', help: 'Bytes that must move' },
    bound: { title: 'Bound by' },
    share: { title: 'Reached' },
  },
  bounds: { compute: 'compute', memory: 'memory' },
  noRulers: (matmul: boolean, copy: boolean) => {
    const missing = [...(matmul ? ['a matmul'] : []), ...(copy ? ['a copy'] : [])].join(' and ')
    return `What the others reach is told once ${missing} is measured beside them.`
  },
  rulers: (gflops: string, gbPerSecond: string) =>
    `Reached: of the speed that the best matmul (${gflops} GFLOP/s) and the best copy (${gbPerSecond} GB/s) of this table would allow, by whichever of the two bounds the work. Above 100 % a work does better than they do: its data stay in a cache, or its shape suits the device.`,
}

/** The chart of times over sizes. */
export const growthWords = {
  title: 'Time over size',
  about: 'a line a work; both axes by factors',
  label: (works: number) =>
    `Time over size of ${plural(works, 'work')}. Up and down walk the works, left and right the sizes.`,
  caption: (device: string) => `Milliseconds over n: ${device}`,
  axis: 'ms',
  whole: (works: number, sizes: number) =>
    `${plural(works, 'work')} at ${plural(sizes, 'size')}; point at one, or walk with the arrow keys.`,
  point: (work: string, n: number, ms: string, gflops: string | null, gbPerSecond: string) =>
    `${work}, n = ${n}: ${ms} ms, ${gflops === null ? '' : `${gflops} GFLOP/s, `}${gbPerSecond} GB/s`,
  power: (n: number, power: string) => `from n = ${n} time grows as n^${power}`,
}

import type { Gpu } from '../src/gpu/device'
import { type GpuWork, measureRates } from './allocation-cost'
import { type BlockCost, measureBlock } from './block-cost'
import { growing, type LinearCost, measureLinears } from './linear-cost'

export interface TableOptions {
  readonly runs: number
  /** Behind the Hessians of single linears. */
  readonly tokens: number
  /** Windows a block is measured with, and those a person calibrates with, to which its passes are scaled. */
  readonly windows: number
  readonly asked: number
  readonly length: number
}

/**
 * What MG-PTQ costs beside GPTQ: linears of growing columns, then a decoder block whose hidden and feed-forward sizes
 * are the two largest of `sizes`.
 */
export async function* allocationTable(gpu: Gpu, sizes: readonly number[], options: TableOptions) {
  const rates = await measureRates(gpu)
  const rateLine = `best rates: ${rates.gflops.toFixed(0)} GFLOP/s, ${rates.gbPerSecond.toFixed(0)} GB/s`
  yield { row: { part: 'rates', ...rates }, line: rateLine }
  const [hidden = 0, ffn = hidden] = [...sizes].sort((a, b) => a - b).slice(-2)
  const shapes = growing(sizes)
  if (ffn > hidden) shapes.push([ffn, hidden])
  for await (const row of measureLinears(gpu, shapes, { ...options, rates })) yield { row, line: linearLine(row) }
  for await (const row of measureBlock(gpu, { ...options, hidden, ffn, rates })) yield { row, line: blockLine(row) }
}

const linearLine = ({ recipe, out, columns, ms, ratio, steps, peakBytes, gpu }: LinearCost): string =>
  `${`${out} × ${columns}`.padEnd(13)} ${recipe.padEnd(14)} ${ms.toFixed(1).padStart(9)} ms  ${times(ratio)}  ` +
  `${String(steps).padStart(4)} steps  ${gib(peakBytes)}${gpuText(gpu)}`

function blockLine({
  recipe,
  hidden,
  ffn,
  seconds,
  total,
  ratio,
  codesRatio,
  steps,
  peakBytes,
  gpu,
}: BlockCost): string {
  const parts = Object.entries(seconds).map(([part, value]) => `${part} ${value.toFixed(2)}`)
  return (
    `block ${hidden}/${ffn} ${recipe.padEnd(14)} ${total.toFixed(2)} s ${times(ratio)}, codes ${times(codesRatio)}  ` +
    `(${parts.join(', ')} s)  ${steps} steps  ${gib(peakBytes)}${gpuText(gpu)}`
  )
}

const times = (ratio: number): string => `${ratio.toFixed(2).padStart(6)}×`
const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2).padStart(6)} GiB`

const gpuText = (gpu: GpuWork | null): string =>
  gpu
    ? `  GPU ${gpu.ms.toFixed(1)} ms of ${gpu.dispatches} dispatches, ${gpu.gflop.toFixed(0)} GFLOP, floor ${gpu.floorMs.toFixed(1)} ms`
    : ''

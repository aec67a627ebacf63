import { allocatedBytes } from '../gpu/buffers'
import type { GpuInfo } from '../gpu/device'
import { dotSlices } from '../kernels/matrix'
import { GPTQ_BLOCK } from '../kernels/quantize'
import type { LinearSpec, ModelSpec } from '../models/spec'
import type { MemoryForecast, Recipe } from '../records'
import { batchWindows } from './batching'
import { problemsOf } from './problems'

type Shape = readonly number[]
/** Bytes alive at one moment, by what takes them. */
type Parts = Pick<MemoryForecast, 'weights' | 'hessians' | 'activations'>

/**
 * GPU bytes that quantizing by this recipe takes at its peak: the tensors that src/pipeline/quantize.ts, the block and
 * the method hold at the moments when they hold most, each rounded up as the buffer pool does. Blocks are alike, so one
 * stands for all. A text shorter than the recipe asks for takes less.
 */
export function forecastQuantize(
  spec: ModelSpec,
  recipe: Recipe,
  needsCalibration: boolean,
  gpu: GpuInfo,
): MemoryForecast {
  const limit = Math.min(gpu.maxBindingBytes, gpu.maxBufferBytes)
  const size = (...shapes: Shape[]) =>
    shapes.reduce((sum, shape) => sum + allocatedBytes(Math.max(4, 4 * product(shape)), limit), 0)

  const calibration = needsCalibration ? recipe.calibration : null
  const resident = size(...residentShapes(spec, calibration?.length ?? 1))
  const batches = calibration ? batchTokens(gpu, spec, calibration) : []
  // two streams, the original one and the quantized one
  const streams = 2 * size(...batches.map((tokens) => [tokens, spec.hidden]))
  const hessian = ({ in: columns }: LinearSpec) => size([columns, columns])
  const stages = [0, 1, 2, 3].map((stage) => spec.linears.filter((linear) => linear.stage === stage))
  const held = stages.map(([first]) => hessian(first!))
  const all = held.reduce((sum, bytes) => sum + bytes, 0)

  const moments: Parts[] = stages.flatMap((linears, stage) => {
    const hessians = calibration ? (recipe.options.sequence === 'true' ? held[stage]! : all) : 0
    const factored = hessians > 0 ? linears[0]!.in : 0
    const at = (weights: number, more: number): Parts => ({
      weights: resident + weights,
      hessians: hessians + more,
      activations: streams,
    })
    const square = [factored, factored]
    return [
      ...(factored > 0 ? [at(0, size(square, square, square, [factored], [4]))] : []),
      ...linears.flatMap((linear) => {
        const factor = factored > 0 ? size(square, [factored], [factored]) : 0
        return workShapes(linear, recipe, factored > 0).map((shapes) => at(size(...shapes), factor))
      }),
    ]
  })
  if (batches.length > 0) {
    const most = Math.max(...blockShapes(spec, batches[0]!).map((shapes) => size(...shapes)))
    const hessians = recipe.options.sequence === 'true' ? held[3]! : all
    moments.push({ weights: resident, hessians, activations: streams + most })
    // the first states come from the embedding, which goes before there are two streams and a block
    moments.push({
      weights: size(...embeddingShapes(spec, limit), ...tableShapes(spec, calibration!.length)),
      hessians: 0,
      activations: streams / 2 + size([batches[0]!]),
    })
  }

  const total = ({ weights, hessians, activations }: Parts) => weights + hessians + activations
  const peak = moments.reduce((most, moment) => (total(moment) > total(most) ? moment : most))
  const largest = largestTensors(spec, calibration)
  return {
    ...peak,
    peak: total(peak),
    largestBinding: Math.max(...largest.map(({ bytes }) => bytes)),
    bindingLimit: limit,
    problems: problemsOf(largest, limit),
  }
}

/** Rope tables, and one block. */
export function residentShapes(spec: ModelSpec, positions: number): Shape[] {
  const linears = spec.linears.flatMap(({ out, in: columns, bias }) => [[out, columns], ...(bias ? [[out]] : [])])
  return [...tableShapes(spec, positions), ...linears, [spec.hidden], [spec.hidden]]
}

export function tableShapes({ headDim }: ModelSpec, positions: number): Shape[] {
  const angles = [positions, headDim / 2]
  return [angles, angles]
}

export function embeddingShapes({ vocab, hidden }: ModelSpec, limit: number): Shape[] {
  const step = Math.max(1, Math.floor(limit / 4 / hidden))
  return Array.from({ length: Math.ceil(vocab / step) }, (_, i) => [Math.min(step, vocab - i * step), hidden])
}

/** Tokens of every batch: equal ones and a rest. */
function batchTokens(gpu: GpuInfo, spec: ModelSpec, { samples, length }: Recipe['calibration']): number[] {
  const step = batchWindows(gpu, spec, length)
  return Array.from({ length: Math.ceil(samples / step) }, (_, i) => length * Math.min(step, samples - i * step))
}

/** What a block holds beside its input when it attends, and when it has opened its feed-forward part. */
export function blockShapes({ hidden, ffn, heads, kvHeads, headDim }: ModelSpec, tokens: number): Shape[][] {
  const rows = (...widths: number[]) => widths.map((width) => [tokens, width])
  const keys = kvHeads * headDim
  return [rows(hidden, heads * headDim, keys, keys, heads * headDim), rows(hidden, hidden, ffn, ffn)]
}

/** What a linear takes beside its original weights: while its codes are found, and while its error is measured. */
function workShapes({ out, in: columns }: LinearSpec, { options }: Recipe, calibrated: boolean): Shape[][] {
  const groupSize = Number(options.groupSize)
  const groups = groupSize > 0 ? Math.ceil(columns / groupSize) : 1
  const weights = [out, columns]
  const grid = [weights, [out, groups], [out, groups]]
  const sums = [dotSlices(out), columns]
  return [
    // codes and grid, the working copy and the errors of a block of columns
    calibrated ? [...grid, weights, [out, GPTQ_BLOCK]] : grid,
    // codes and grid, packed codes and the order of columns
    [...grid, [out, Math.ceil((columns * Number(options.bits)) / 32)], [columns]],
    // the dequantized weights, the difference, its product with the Hessian, and sums of columns
    calibrated ? [weights, weights, weights, sums, sums, sums, sums] : [weights, weights, sums, sums],
  ]
}

/** The largest tensors that must be bound whole: nothing can split them. */
function largestTensors(spec: ModelSpec, calibration: Recipe['calibration'] | null) {
  const linear = spec.linears.reduce((most, next) => (next.out * next.in > most.out * most.in ? next : most))
  const widest = spec.linears.reduce((most, next) => (next.in > most.in ? next : most))
  const weight = { what: `the weights of ${linear.module} [${linear.out}, ${linear.in}]`, kind: 'weight' as const }
  if (!calibration) return [{ ...weight, bytes: 4 * linear.out * linear.in }]
  const { length } = calibration
  const width = Math.max(spec.hidden, spec.ffn, spec.heads * spec.headDim)
  return [
    { ...weight, bytes: 4 * linear.out * linear.in },
    {
      what: `the Hessian of ${widest.module} [${widest.in}, ${widest.in}]`,
      kind: 'hessian' as const,
      bytes: 4 * widest.in ** 2,
    },
    { what: `one window's activations [${length}, ${width}]`, kind: 'window' as const, bytes: 4 * length * width },
  ]
}

const product = (shape: Shape): number => shape.reduce((all, n) => all * n, 1)

import { allocatedBytes } from '../gpu/buffers'
import type { GpuInfo } from '../gpu/device'
import type { GpuForecast, StatesPlace } from '../inspection-records'
import { dotSlices } from '../kernels/matrix'
import { panelRows, panelsOf } from '../linalg/panels'
import { countOf, type MethodMemory, type Moment, type Shape } from '../methods/memory'
import type { Method } from '../methods/method'
import { blockShapes } from '../models/block-shapes'
import { stagesOf } from '../models/roles'
import type { LinearSpec, ModelSpec } from '../models/spec'
import { PIECE_BYTES } from '../models/weights'
import type { Recipe } from '../records'
import { batchWindows } from './batching'
import { forecastGradients } from './gradients-forecast'
import { problemsOf, wholeTensors } from './problems'
import { reconstructionMoments } from './reconstruction-forecast'
import { differentiated } from './sensitivities'
import { embeddingShapes, residentShapes, tableShapes } from './shapes'

/** Bytes alive at one moment, by what takes them. */
type Parts = Pick<GpuForecast, 'weights' | 'hessians' | 'activations'>

/** A calibrated run of the method; what the moments of all phases have in common. */
interface Setting {
  readonly spec: ModelSpec
  readonly gpu: GpuInfo
  readonly size: (...shapes: Shape[]) => number
  /** Rope tables and one block. */
  readonly resident: number
  readonly linears: readonly (readonly LinearSpec[])[]
  /** Tokens of every batch; none where nothing is calibrated. */
  readonly batches: readonly number[]
  /** The hidden states of so many streams, where they are kept on the GPU. */
  readonly held: (streams: number) => number
  /** What a pass through a block has of them there where they are kept elsewhere: the batch at work, and one being written. */
  readonly passing: number
}

/**
 * GPU bytes that quantizing by this recipe takes at its peak: the tensors that src/pipeline/quantize.ts, the block and
 * the method hold at the moments when they hold most, each rounded up as the buffer pool does. Blocks are alike, so one
 * stands for all. A text shorter than the recipe asks for takes less.
 *
 * @param options the recipe's, completed by the method's schema
 * @param states where the hidden states between blocks are kept
 */
export function forecastQuantize<O>(
  spec: ModelSpec,
  recipe: Recipe,
  { method, options }: { readonly method: Method<O, unknown>; readonly options: O },
  gpu: GpuInfo,
  states: StatesPlace = 'gpu',
): GpuForecast {
  const limit = Math.min(gpu.maxBindingBytes, gpu.maxBufferBytes)
  const size = (...shapes: Shape[]) =>
    shapes
      .flatMap((shape) => inPanels(shape, limit))
      .reduce((sum, shape) => sum + allocatedBytes(Math.max(4, 4 * countOf(shape)), limit), 0)
  const calibration = method.needsCalibration ? recipe.calibration : null
  const batches = calibration ? batchTokens(gpu, spec, calibration) : []
  const stream = size(...batches.map((tokens) => [tokens, spec.hidden]))
  const resident = states === 'gpu'
  const setting: Setting = {
    ...{ spec, gpu, size, batches, resident: size(...residentShapes(spec, calibration?.length ?? 1)) },
    linears: stagesOf(spec).map((stage) => spec.linears.filter((linear) => linear.stage === stage)),
    held: (streams) => (resident ? streams * stream : 0),
    passing: resident || !calibration ? 0 : Math.min(batches.length, 2) * size([batches[0]!, spec.hidden]),
  }

  const moments = quantizing(setting, method, options)
  if (calibration)
    moments.push(
      embedding(setting, calibration, limit),
      ...planning(setting, method, options, calibration),
      ...working(setting, method.memory(options), calibration),
    )
  const total = ({ weights, hessians, activations }: Parts) => weights + hessians + activations
  const peak = moments.reduce((most, moment) => (total(moment) > total(most) ? moment : most))
  const whole = wholeTensors(spec, calibration, method.memory(options))
  return {
    ...peak,
    peak: total(peak),
    largestBinding: Math.max(...whole.map(({ bytes }) => bytes)),
    bindingLimit: limit,
    problems: problemsOf(whole, limit),
  }
}

/** One block: calibrated, its linears one after another, and both streams through it. */
function quantizing<O>(setting: Setting, method: Method<O, unknown>, options: O): Parts[] {
  const { spec, size, resident, linears, batches, held, passing } = setting
  const memory = method.memory(options)
  const compares = method.comparesStreams?.(options) ?? false
  const calibrated = batches.length > 0
  const throughout = size(...memory.throughout)
  const hessians = linears.map((stage) => {
    const square = [stage[0]!.in, stage[0]!.in]
    return calibrated ? size(square, ...(compares ? [square] : [])) : 0
  })
  const all = sum(hessians)
  const weightsOf = ({ out, in: columns }: LinearSpec) => size([out, columns])

  const shapes = calibrated ? blockShapes(spec, batches[0]!) : [[]]
  const feedForward = shapes.at(-1)!
  const attention = shapes.slice(0, -1)
  /** The states themselves are what the first half leaves. */
  const fromMidway = spec.parallel ? feedForward : feedForward.slice(1)
  const moments: Parts[] = []
  const { reconstruction } = memory
  const after = (linear: LinearSpec) => size(...(reconstruction?.after(linear) ?? []))
  /** What a reconstruction has left of linears that are still to come. */
  let learned = sum(spec.linears.map(after))
  /** Weights of linears that are done, where the originals stay beside them. */
  let done = 0
  linears.forEach((stage, s) => {
    const columns = stage[0]!.in
    const squares = memory.together ? all : hessians[s]!
    const at = (weights: number, more: number, activations = held(2)): Parts => ({
      weights: resident + throughout + done + learned + weights,
      hessians: squares + more,
      activations,
    })
    if (calibrated && (s === 0 || !memory.together)) {
      const stages = memory.together ? linears : [stage]
      const copies = compares ? stages.map(([first]) => [batches[0]!, first!.in]) : []
      const running = memory.together ? [...attention, feedForward] : s < 2 ? attention : [fromMidway]
      // a reconstruction that needs Hessians comes after them
      const before = reconstruction?.hessians ? -learned : 0
      moments.push(at(before, 0, held(2) + passing + size(...copies) + largest(setting, running)))
      // attention is finished: the states go on to the middle of the block
      if (!memory.together && s === 2) moments.push(at(0, 0, held(2) + passing + largest(setting, attention)))
    }
    const kept = size(...memory.kept(columns))
    const add = (moment: Moment) => {
      moments.push(at(size(...(moment.weights ?? [])), kept + size(...(moment.hessians ?? []))))
    }
    memory.stage(stage).forEach(add)
    for (const linear of stage) {
      memory.linear(linear).forEach(add)
      learned -= after(linear)
      moments.push(at(size(...errorShapes(linear, calibrated)), kept))
      if (compares) done += weightsOf(linear)
    }
  })
  if (calibrated)
    moments.push({
      ...{ weights: resident + done, hessians: 0 },
      activations:
        held(2) + passing + largest(setting, compares && !memory.together ? [fromMidway] : [...attention, feedForward]),
    })
  return moments
}

/** The method's work on a block as a whole, beside both streams. */
function working(
  { spec, gpu, size, resident, linears, batches, held }: Setting,
  memory: MethodMemory,
  { samples, length }: Recipe['calibration'],
): Parts[] {
  const { reconstruction } = memory
  const calibration = { samples, length, together: batches[0]! / length }
  const moment = ({ weights = [], hessians = [], activations = [] }: Moment): Parts => ({
    weights: resident + size(...memory.throughout, ...weights),
    hessians: size(...hessians),
    activations: held(2) + size(...activations),
  })
  const steps = reconstruction ? reconstructionMoments(spec, gpu, reconstruction, calibration) : []
  const hessians = reconstruction?.hessians ? linears.map(([first]) => [first!.in, first!.in]) : []
  return [
    ...(memory.block?.(spec, calibration) ?? []).map(moment),
    ...steps.map((step) => moment({ ...step, hessians })),
  ]
}

/** The method's look at the whole model before: gradients, and all blocks with their Hessians. */
function planning<O>(
  { spec, gpu, size, resident, linears, batches, held, passing }: Setting,
  method: Method<O, unknown>,
  options: O,
  { samples, length }: Recipe['calibration'],
): Parts[] {
  const memory = method.memory(options)
  if (!memory.plan) return []
  const { sensitivities, stage } = memory.plan
  const moments: Parts[] = []
  if (sensitivities) {
    const { weights, states, activations } = forecastGradients(
      spec,
      { windows: differentiated({ count: samples, length }), length },
      gpu,
    )
    const tables = size(...tableShapes(spec, length))
    moments.push({ weights: tables + weights, hessians: 0, activations: held(1) + states + activations })
  }
  if (stage) {
    const weights = resident + size(...memory.throughout)
    const hessians = sum(linears.map(([first]) => size([first!.in, first!.in])))
    moments.push({
      ...{ weights, hessians },
      activations: held(2) + passing + Math.max(...blockShapes(spec, batches[0]!).map((shapes) => size(...shapes))),
    })
    for (const of of linears)
      for (const moment of stage(of))
        moments.push({
          weights: weights + size(...(moment.weights ?? [])),
          hessians: hessians + size(...memory.kept(of[0]!.in), ...(moment.hessians ?? [])),
          activations: held(2),
        })
  }
  return moments
}

/** The first states come from the embedding, which goes before there are two streams and a block; a piece of it came before them. */
function embedding(
  { spec, size, batches, held, passing }: Setting,
  { length }: Recipe['calibration'],
  limit: number,
): Parts {
  const piece = Math.min(PIECE_BYTES / 4, (spec.vocab * spec.hidden) / 2)
  return {
    weights: size(...embeddingShapes(spec, limit), ...tableShapes(spec, length)),
    hessians: 0,
    activations: Math.max(held(1) + passing + size([batches[0]!]), size([piece])),
  }
}

/** A square matrix that is too large for a binding lies in panels. */
function inPanels(shape: Shape, limit: number): Shape[] {
  const [n = 0, columns] = shape
  if (shape.length !== 2 || n !== columns || 4 * n * n <= limit) return [shape]
  return panelsOf(n, panelRows(n, { maxBindingBytes: limit, maxBufferBytes: limit })).map(({ count }) => [count, n])
}

/** Tokens of every batch: equal ones and a rest. */
function batchTokens(gpu: GpuInfo, spec: ModelSpec, { samples, length }: Recipe['calibration']): number[] {
  const step = batchWindows(gpu, spec, length)
  return Array.from({ length: Math.ceil(samples / step) }, (_, i) => length * Math.min(step, samples - i * step))
}

/** While a linear's error is measured: dequantized weights, difference, its product with the Hessian, sums of columns. */
function errorShapes({ out, in: columns }: LinearSpec, calibrated: boolean): Shape[] {
  const weights = [out, columns]
  const sums = [dotSlices(out), columns]
  return calibrated ? [weights, weights, weights, sums, sums, sums, sums] : [weights, weights, sums, sums]
}

const largest = ({ size }: Setting, moments: readonly Shape[][]): number =>
  Math.max(...moments.map((shapes) => size(...shapes)))

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

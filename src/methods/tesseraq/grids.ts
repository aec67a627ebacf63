import { codeWords, rangeGrid, stepOf, zeroGrid } from '../../formats/affine'
import type { AffineLinear, Width } from '../../formats/quantized'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { packInto } from '../../kernels/pack'
import { placesOf } from '../../kernels/soft-rounding'
import type { LinearSpec } from '../../models/spec'
import type { GridTensors } from '../affine'
import type { BlockLines } from '../block-grid'
import { type LearningLines, learningLines, storedGrid } from '../learning-lines'
import { type MixedLayout, originalOrder, uniformLayout } from '../mixed-layout'
import type { RangeTensors } from '../mixed-ranges'

/** The grid of a linear whose roundings are learned: frozen but for a factor that every (row, group) gets. */
export interface FrozenGrid {
  readonly spec: LinearSpec
  readonly groups: number
  /** u32: which group every column belongs to, and how wide its codes are; `placesOf`. */
  readonly places: Tensor
  /** f32 [out, groups, 2]: low end and step. */
  readonly levels: Tensor
  /** f32 [out, in]: what is rounded where it is not W. */
  readonly weights: Tensor | undefined
  /** On the levels of a GGUF type: where its lines are after factors that the type can hold only nearly. */
  readonly learning?: LearningLines
  /** The linear as it is stored, from codes u32 [out, in] and the factor of every row and group [out · groups]. */
  store(gpu: Gpu, name: string, codes: Tensor, factors: Float64Array): Promise<AffineLinear>
}

/**
 * One width, plain groups, w = step·(q − zero). Takes over `weights`, what is rounded where it is not W; `tensors` stay the
 * caller's.
 */
export async function zeroPointGrid(
  gpu: Gpu,
  spec: LinearSpec,
  { shape, steps, zeros }: Omit<GridTensors, 'codes'>,
  weights?: Tensor,
): Promise<FrozenGrid> {
  const [step, zero] = await Promise.all([gpu.readF32(steps), gpu.readF32(zeros)])
  const bits = shape.bits as Width
  const layout = uniformLayout(shape.columns, bits, shape.groupSize)
  // −zero·step is exact: a float16 times an integer of 8 bits
  const low = step.map((value, i) => 0 - zero[i]! * value)
  const grid = (factors: Float64Array) =>
    zeroGrid(
      step.map((value, i) => value * factors[i]!),
      zero,
      bits,
    )
  return { ...frozenGrid(gpu, spec, layout, { low, step, grid }), weights }
}

/** Columns of several widths, each group of one width; w = low + step·q. */
export async function rangesGrid(
  gpu: Gpu,
  spec: LinearSpec,
  { layout, lows, ranges }: RangeTensors,
): Promise<FrozenGrid> {
  const [low, range] = await Promise.all([gpu.readF32(lows), gpu.readF32(ranges)])
  const bitsOf = new Uint8Array(layout.groups)
  layout.groupOf.forEach((group, column) => {
    bitsOf[group] = layout.widths[column]!
  })
  const step = range.map((value, i) => stepOf(value, bitsOf[i % layout.groups]!))
  const grid = (factors: Float64Array) =>
    rangeGrid(
      low.map((value, i) => value * factors[i]!),
      range.map((value, i) => value * factors[i]!),
    )
  return { ...frozenGrid(gpu, spec, layout, { low, step, grid }), weights: undefined }
}

/**
 * The levels of a GGUF type; factors are brought onto what it holds while they are learned. Takes over `weights`; `found`
 * stays the caller's.
 */
export async function typeGrid(gpu: Gpu, spec: LinearSpec, found: BlockLines, weights?: Tensor): Promise<FrozenGrid> {
  const learning = await learningLines(gpu, found)
  const { size, bits } = found.grid
  const layout = uniformLayout(spec.in, bits, size)
  return {
    ...{ spec, groups: found.groups, weights, learning },
    ...{ places: gpu.upload(placesOf(layout)), levels: learning.lines },
    store: (device, name, codes) => storeCodes(device, { name, spec, layout }, codes, storedGrid(device, learning)),
  }
}

interface Levels {
  readonly low: Float32Array
  readonly step: Float32Array
  readonly grid: (factors: Float64Array) => AffineLinear['grid']
}

function frozenGrid(
  gpu: Gpu,
  spec: LinearSpec,
  layout: MixedLayout,
  { low, step, grid }: Levels,
): Omit<FrozenGrid, 'weights'> {
  const { groups } = layout
  const levels = Float32Array.from({ length: 2 * low.length }, (_, i) => (i % 2 ? step : low)[i >> 1]!)
  const tensors = {
    places: gpu.upload(placesOf(layout)),
    levels: gpu.upload(levels, [spec.out, groups, 2], 'levels'),
  }
  return {
    ...{ spec, groups, ...tensors },
    store: (device, name, codes, factors) => storeCodes(device, { name, spec, layout }, codes, grid(factors)),
  }
}

export function freeFrozen(gpu: Gpu, { places, levels, weights, learning }: FrozenGrid): void {
  gpu.free(places, levels, weights)
  if (learning) gpu.free(learning.units, learning.levels)
}

async function storeCodes(
  gpu: Gpu,
  { name, spec, layout }: { readonly name: string; readonly spec: LinearSpec; readonly layout: MixedLayout },
  codes: Tensor,
  grid: AffineLinear['grid'] | Promise<AffineLinear['grid']>,
): Promise<AffineLinear> {
  return {
    ...{ kind: 'affine', name, out: spec.out, in: spec.in },
    ...stored(layout),
    codes: await packed(gpu, layout, codes, spec.out),
    grid: await grid,
  }
}

const stored = ({ perm, segments, storedGroupOf, groupSize, groups, rule }: MixedLayout) => ({
  ...{ perm, segments, groupOf: storedGroupOf, groupSize, groups },
  ...(rule && { rule }),
})

async function packed(gpu: Gpu, { perm, segments, widths }: MixedLayout, codes: Tensor, out: number) {
  const words = gpu.alloc([codeWords(segments, out)], 'u32', 'packed codes')
  const order = gpu.upload(perm ?? originalOrder(widths.length))
  const rec = gpu.record()
  packInto(rec, codes, order, words, { segments, out })
  await gpu.submit(rec)
  const read = await gpu.readU32(words)
  gpu.free(words, order)
  return read
}

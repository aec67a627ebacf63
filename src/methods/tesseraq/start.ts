import type { Width } from '../../formats/quantized'
import type { Hessian } from '../../linalg/hessian'
import { stagesOf } from '../../models/roles'
import type { LinearSpec } from '../../models/spec'
import { allocGrid, freeGrid, type GridTensors, type UniformGrid } from '../affine'
import { clippedGrid } from '../awq/clip'
import { recordMinMax } from '../awq/dialect'
import { searchScales } from '../awq/scales'
import { type Factor, factorize, freeFactor } from '../factor'
import { recordGptq } from '../gptq/gptq'
import type { WorkingBlock } from '../method'
import { mixedLayout, originalOrder } from '../mixed-layout'
import { allocRanges, freeRanges, recordFindRange } from '../mixed-ranges'
import { learnClips } from '../omniquant/learn'
import { type FrozenGrid, rangesGrid, zeroPointGrid } from './grids'
import type { TesseraqOptions } from './options'

/** Widths of the columns of every linear, by its name; null where all are alike. */
export type Widths = ReadonlyMap<string, Uint8Array> | null

/** As the authors of OmniQuant take them. */
export const clipEpochs = (bits: number): number => (bits <= 2 ? 40 : 20)

export interface Start {
  /** In the order of the block's linears. */
  readonly grids: readonly FrozenGrid[]
  readonly warnings: readonly string[]
}

/**
 * The grids that stay while roundings are learned (methods §3.1, 3–5). May rescale
 * the block. Leaves the Hessians of all stages with the block, so that errors are measured under them.
 */
export async function frozenGrids(block: WorkingBlock, options: TesseraqOptions, widths: Widths): Promise<Start> {
  const { init, groupSize } = options
  const bits = Math.floor(options.bits) as Width
  if (widths ? options.scaling : init === 'awq') await searchScales(block, { bits, groupSize })
  const uniform = { bits, groupSize, symmetric: false }
  if (!widths && init === 'omniquant') {
    const { grids, warnings } = await learnClips(block, { bits, groupSize, epochs: clipEpochs(bits) })
    await block.hessians(stagesOf(block.model))
    const frozen = await inOrder(block, async (spec) => {
      const { steps, zeros, shape } = grids.get(spec.role)!
      const grid = await zeroPointGrid(block.gpu, spec, { shape, steps, zeros })
      block.gpu.free(steps, zeros)
      return grid
    })
    return { grids: frozen, warnings }
  }
  const hessians = await block.hessians(stagesOf(block.model))
  if (!widths && init === 'gptq') return compensatedStart(block, uniform, hessians)
  const frozen = await inOrder(block, (spec) => {
    const hessian = hessians.get(spec.stage)!
    return widths
      ? searchedRanges(block, spec, hessian, widths.get(block.nameOf(spec))!, options)
      : zeroPoints(block, spec, uniform, init === 'none' ? null : hessian)
  })
  return { grids: frozen, warnings: [] }
}

async function inOrder(block: WorkingBlock, make: (spec: LinearSpec) => Promise<FrozenGrid>): Promise<FrozenGrid[]> {
  const grids: FrozenGrid[] = []
  for (const spec of block.model.linears) {
    await block.checkpoint()
    grids.push(await make(spec))
  }
  return grids
}

/** Ends of every group, or clipped where a Hessian says what that costs. */
async function zeroPoints(
  block: WorkingBlock,
  spec: LinearSpec,
  uniform: { bits: Width; groupSize: number; symmetric: boolean },
  hessian: Hessian | null,
): Promise<FrozenGrid> {
  const { gpu } = block
  let tensors: GridTensors
  if (hessian) tensors = await clippedGrid(block, spec, uniform, hessian)
  else {
    tensors = allocGrid(gpu, spec.out, spec.in, uniform)
    const rec = gpu.record()
    recordMinMax(rec, tensors, block.weight(spec))
    await gpu.submit(rec)
  }
  const grid = await zeroPointGrid(gpu, spec, tensors)
  freeGrid(gpu, tensors)
  return grid
}

/** Ranges of columns of several widths, searched for the least error weighted by diag H. */
async function searchedRanges(
  block: WorkingBlock,
  spec: LinearSpec,
  hessian: Hessian,
  widths: Uint8Array,
  { groupSize }: TesseraqOptions,
): Promise<FrozenGrid> {
  const { gpu } = block
  const weights = block.weight(spec)
  const layout = mixedLayout(widths, { groupSize, ranges: 'width' })
  const importance = gpu.upload(await hessian.diagonal())
  const rec = gpu.record()
  const tensors = allocRanges(gpu, rec, spec.out, layout, originalOrder(widths.length))
  recordFindRange(rec, weights, tensors, { search: true, importance })
  await gpu.submit(rec)
  const grid = await rangesGrid(gpu, spec, tensors)
  freeRanges(gpu, tensors)
  gpu.free(importance)
  return grid
}

/** Damping of GPTQ's Hessians: its default. */
const DAMPING = 0.01

/** GPTQ's grids, and for W what GPTQ rounds: W with the errors that it absorbed. */
async function compensatedStart(
  block: WorkingBlock,
  uniform: UniformGrid,
  hessians: ReadonlyMap<number, Hessian>,
): Promise<Start> {
  const { gpu } = block
  const factors = new Map<number, Factor>()
  for (const [stage, hessian] of hessians) factors.set(stage, await factorize(gpu, hessian, DAMPING))
  const grids = await inOrder(block, async (spec) => {
    const tensors = allocGrid(gpu, spec.out, spec.in, uniform)
    const rounded = gpu.alloc([spec.out, spec.in], 'f32', 'compensated weights')
    const rec = gpu.record()
    const weight = block.weight(spec)
    recordGptq(gpu, rec, weight, factors.get(spec.stage)!, tensors, { symmetric: false, actOrder: false }, rounded)
    await gpu.submit(rec)
    const grid = await zeroPointGrid(gpu, spec, tensors, rounded)
    freeGrid(gpu, tensors)
    return grid
  })
  for (const factor of factors.values()) freeFactor(gpu, factor)
  return { grids, warnings: [...new Set([...factors.values()].flatMap(({ warnings }) => warnings))] }
}

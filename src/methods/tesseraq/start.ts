import { blockGrids, type GridName } from '../../formats/gguf/grids'
import type { Gpu } from '../../gpu/device'
import type { Hessian } from '../../linalg/hessian'
import { stagesOf } from '../../models/roles'
import type { LinearSpec } from '../../models/spec'
import { allocGrid, freeGrid, type GridTensors } from '../affine'
import { clippedLines } from '../awq/block-clip'
import { clippedGrid } from '../awq/clip'
import { recordMinMax } from '../awq/dialect'
import { searchScales } from '../awq/scales'
import {
  allocBlockGrid,
  allocLines,
  freeBlockGrid,
  freeLines,
  type GridChoice,
  gridOf,
  plainLines,
  recordGptqToBlocks,
} from '../block-grid'
import { type Factor, factorize, freeFactor } from '../factor'
import { recordGptq } from '../gptq/gptq'
import type { WorkingBlock } from '../method'
import { mixedLayout, originalOrder } from '../mixed-layout'
import { allocRanges, freeRanges, recordFindRange } from '../mixed-ranges'
import type { LearnedGrid } from '../omniquant/clip-learner'
import { learnClips } from '../omniquant/learn'
import { type FrozenGrid, rangesGrid, typeGrid, zeroPointGrid } from './grids'
import { gridChoice, type TesseraqOptions } from './options'

type UniformChoice = GridChoice & { readonly symmetric: boolean }

/** Widths of the columns of every linear, by its name; null where all are alike. */
export type Widths = ReadonlyMap<string, Uint8Array> | null

/** As the authors of OmniQuant take them. */
export const clipEpochs = ({ bits, grid }: Pick<TesseraqOptions, 'bits' | 'grid'>): number =>
  (grid === 'free' ? bits : blockGrids[grid].bits) <= 2 ? 40 : 20

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
  const { init } = options
  const choice = gridChoice(options)
  if (widths ? options.scaling : init === 'awq') await searchScales(block, choice)
  const uniform = { ...choice, symmetric: false }
  if (!widths && init === 'omniquant') {
    const { grids, warnings } = await learnClips(block, { ...choice, epochs: clipEpochs(options) })
    await block.hessians(stagesOf(block.model))
    const frozen = await inOrder(block, (spec) => learnedGrid(block.gpu, spec, grids.get(spec.role)!))
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

/** Takes over what was learned. */
async function learnedGrid(gpu: Gpu, spec: LinearSpec, learned: LearnedGrid): Promise<FrozenGrid> {
  const onType = 'grid' in learned
  const grid = onType ? await typeGrid(gpu, spec, learned) : await zeroPointGrid(gpu, spec, learned)
  gpu.free(...(onType ? [learned.a, learned.b] : [learned.steps, learned.zeros]))
  return grid
}

/** Lines of a type as RTN finds them, or clipped where a Hessian says what that costs. */
async function linesOnType(
  block: WorkingBlock,
  spec: LinearSpec,
  type: GridName,
  hessian: Hessian | null,
): Promise<FrozenGrid> {
  const { gpu } = block
  const lines = hessian
    ? await clippedLines(block, spec, type, hessian)
    : await plainLines(gpu, spec, type, block.weight(spec))
  const grid = await typeGrid(gpu, spec, lines)
  freeLines(gpu, lines)
  return grid
}

/** Ends of every group, or clipped where a Hessian says what that costs. */
async function zeroPoints(
  block: WorkingBlock,
  spec: LinearSpec,
  uniform: UniformChoice,
  hessian: Hessian | null,
): Promise<FrozenGrid> {
  const { gpu } = block
  const type = gridOf(uniform.grid, spec)
  if (type) return linesOnType(block, spec, type, hessian)
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
  uniform: UniformChoice,
  hessians: ReadonlyMap<number, Hessian>,
): Promise<Start> {
  const { gpu } = block
  const factors = new Map<number, Factor>()
  for (const [stage, hessian] of hessians) factors.set(stage, await factorize(gpu, hessian, DAMPING))
  const grids = await inOrder(block, async (spec) => {
    const type = gridOf(uniform.grid, spec)
    const rounded = gpu.alloc([spec.out, spec.in], 'f32', 'compensated weights')
    const rec = gpu.record()
    const weight = block.weight(spec)
    const factor = factors.get(spec.stage)!
    if (type) {
      const tensors = allocBlockGrid(gpu, rec, allocLines(gpu, spec, type))
      recordGptqToBlocks(gpu, rec, weight, factor, tensors, false, rounded)
      await gpu.submit(rec)
      const grid = await typeGrid(gpu, spec, tensors, rounded)
      freeBlockGrid(gpu, tensors)
      return grid
    }
    const tensors = allocGrid(gpu, spec.out, spec.in, uniform)
    recordGptq(gpu, rec, weight, factor, tensors, { symmetric: false, actOrder: false }, rounded)
    await gpu.submit(rec)
    const grid = await zeroPointGrid(gpu, spec, tensors, rounded)
    freeGrid(gpu, tensors)
    return grid
  })
  for (const factor of factors.values()) freeFactor(gpu, factor)
  return { grids, warnings: [...new Set([...factors.values()].flatMap(({ warnings }) => warnings))] }
}

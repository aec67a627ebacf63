import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { readColumnSums, recordColumnSums, total } from '../../linalg/column-sums'
import type { Hessian } from '../../linalg/hessian'
import { recordTimesPanels } from '../../linalg/panel-products'
import type { Stage } from '../../models/block'
import { feedOf } from '../../models/feeds'
import { stagesOf } from '../../models/roles'
import type { LinearSpec } from '../../models/spec'
import type { GridChoice } from '../block-grid'
import type { WorkingBlock } from '../method'
import { placeOfLeast, RATIOS, scalesOf } from './exponents'
import { inputMagnitudes } from './magnitudes'
import { partErrors } from './part-errors'
import { type Candidate, recordDifference, recordRounded } from './rounded'

/**
 * AWQ's scales (Lin et al. 2023, arXiv 2306.00978, equations 4 and 5): columns that loud inputs meet are made larger
 * before rounding, and what produces these inputs smaller. Of twenty exponents of the inputs' magnitudes each stage gets
 * the one whose rounding changes the output least; the block computes afterwards what it did. As in the original code
 * every stage is searched while all other weights are as they were.
 */
export async function searchScales(block: WorkingBlock, grid: GridChoice): Promise<void> {
  const { gpu, model } = block
  const magnitudes = await inputMagnitudes(block)
  const found = new Map<Stage, Tensor>()
  const search = async (stage: Stage, errorsOf: (candidates: readonly Candidate[]) => Promise<number[]>) => {
    const candidates = RATIOS.map((ratio) => candidateOf(gpu, magnitudes.get(stage)!, ratio))
    const best = candidates[placeOfLeast(await errorsOf(candidates))]!.scales
    for (const { scales, importance } of candidates) gpu.free(scales === best ? undefined : scales, importance)
    found.set(stage, best)
  }
  const fed = stagesOf(model).filter((stage) => feedOf(model, stage))
  const normed = ([0, 2] as const).filter((stage) => fed.includes(stage))
  for (const stage of normed) await search(stage, (candidates) => partErrors(block, stage, grid, candidates))
  const alone = fed.filter((stage) => stage % 2 === 1)
  for (const [stage, hessian] of alone.length > 0 ? await block.hessians(alone) : []) {
    const linear = model.linears.find((candidate) => candidate.stage === stage)!
    await search(linear.stage, (candidates) => outputErrors(block, linear, hessian, grid, candidates))
  }
  for (const stage of fed) {
    const scales = found.get(stage)!
    await block.rescale(stage, scales)
    gpu.free(scales)
  }
}

/** @param magnitudes a, mean |x_j| of every input [in] */
export function candidateOf(gpu: Gpu, magnitudes: ArrayLike<number>, ratio: number): Candidate {
  const scales = scalesOf(magnitudes, ratio)
  return { scales: gpu.upload(scales), importance: gpu.upload(scales.map((s, j) => (magnitudes[j]! / s) ** 2)) }
}

/** tr(D H Dᵀ) of a linear, D what rounding changes with each candidate: its own output's error, times 2. */
async function outputErrors(
  block: WorkingBlock,
  linear: LinearSpec,
  hessian: Hessian,
  grid: GridChoice,
  candidates: readonly Candidate[],
): Promise<number[]> {
  const { gpu } = block
  const w = block.weight(linear)
  const sums: Tensor[] = []
  for (const candidate of candidates) {
    await block.checkpoint()
    const rec = gpu.record()
    const rounded = gpu.alloc(w.shape, 'f32', 'rounded weights')
    recordRounded(gpu, rec, w, candidate, grid, rounded)
    const d = recordDifference(gpu, rec, rounded, w)
    recordTimesPanels(rec, { a: d, panels: hessian.panels, c: rounded })
    sums.push(recordColumnSums(gpu, rec, d, rounded))
    gpu.free(rounded, d)
    await gpu.submit(rec)
  }
  return (await readColumnSums(gpu, sums)).map(total)
}

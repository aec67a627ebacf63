import type { Tensor } from '../../gpu/tensor'
import { matmul } from '../../kernels/gemm'
import { readColumnSums, recordColumnSums, total } from '../../linalg/column-sums'
import type { Hessian } from '../../linalg/hessian'
import type { Stage } from '../../models/block'
import { feedOf } from '../../models/feeds'
import { stagesOf } from '../../models/roles'
import type { LinearSpec } from '../../models/spec'
import type { GridOptions } from '../affine'
import type { WorkingBlock } from '../method'
import { placeOfLeast, RATIOS, scalesOf } from './exponents'
import { inputMagnitudes } from './magnitudes'
import { partErrors } from './part-errors'
import { recordDifference, recordRounded } from './rounded'

/**
 * AWQ's scales (Lin et al. 2023, arXiv 2306.00978, equations 4 and 5): columns that loud inputs meet are made larger
 * before rounding, and what produces these inputs smaller. Of twenty exponents of the inputs' magnitudes each stage gets
 * the one whose rounding changes the output least; the block computes afterwards what it did. As in the original code
 * every stage is searched while all other weights are as they were.
 */
export async function searchScales(block: WorkingBlock, grid: GridOptions): Promise<void> {
  const { gpu, model } = block
  const magnitudes = await inputMagnitudes(block)
  const found = new Map<Stage, Tensor>()
  const search = async (stage: Stage, errorsOf: (scales: readonly Tensor[]) => Promise<number[]>) => {
    const scales = RATIOS.map((ratio) => gpu.upload(scalesOf(magnitudes.get(stage)!, ratio)))
    const best = scales[placeOfLeast(await errorsOf(scales))]!
    gpu.free(...scales.filter((candidate) => candidate !== best))
    found.set(stage, best)
  }
  const fed = stagesOf(model).filter((stage) => feedOf(model, stage))
  const normed = ([0, 2] as const).filter((stage) => fed.includes(stage))
  for (const stage of normed) await search(stage, (scales) => partErrors(block, stage, grid, scales))
  const alone = fed.filter((stage) => stage % 2 === 1)
  for (const [stage, hessian] of alone.length > 0 ? await block.hessians(alone) : []) {
    const linear = model.linears.find((candidate) => candidate.stage === stage)!
    await search(linear.stage, (scales) => outputErrors(block, linear, hessian, grid, scales))
  }
  for (const stage of fed) {
    const scales = found.get(stage)!
    await block.rescale(stage, scales)
    gpu.free(scales)
  }
}

/** tr(D H Dᵀ) of a linear, D what rounding changes with each of `scales` [in]: its own output's error, times 2. */
async function outputErrors(
  block: WorkingBlock,
  linear: LinearSpec,
  hessian: Hessian,
  grid: GridOptions,
  scales: readonly Tensor[],
): Promise<number[]> {
  const { gpu } = block
  const { out, in: columns } = linear
  const w = block.weight(linear)
  const sums: Tensor[] = []
  for (const s of scales) {
    await block.checkpoint()
    const rec = gpu.record()
    const rounded = gpu.alloc(w.shape, 'f32', 'rounded weights')
    recordRounded(gpu, rec, w, s, grid, rounded)
    const d = recordDifference(gpu, rec, rounded, w)
    matmul(rec, { a: d, b: hessian.matrix, c: rounded, m: out, n: columns, k: columns })
    sums.push(recordColumnSums(gpu, rec, d, rounded))
    gpu.free(rounded, d)
    await gpu.submit(rec)
  }
  const errors: number[] = []
  for (const tensor of sums) errors.push(total(await readColumnSums(gpu, tensor)))
  return errors
}

import type { Tensor } from '../../gpu/tensor'
import { matmul } from '../../kernels/gemm'
import { readColumnSums, recordColumnSums, total } from '../../linalg/column-sums'
import type { Hessian } from '../../linalg/hessian'
import type { Stage } from '../../models/block'
import type { LinearSpec, ModelSpec } from '../../models/spec'
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
  for (const stage of [0, 2] as const) await search(stage, (scales) => partErrors(block, stage, grid, scales))
  const alone = passesValues(model) ? ([1, 3] as const) : ([3] as const)
  for (const [stage, hessian] of await block.hessians(alone)) {
    const linear = model.linears.find((candidate) => candidate.stage === stage)!
    await search(linear.stage, (scales) => outputErrors(block, linear, hessian, grid, scales))
  }
  for (const stage of [0, 1, 2, 3] as const) {
    const scales = found.get(stage)
    if (!scales) continue
    await block.rescale(stage, scales)
    gpu.free(scales)
  }
}

/** Whether every column of o has a row of v that produces it: not where several queries share a head of values. */
export function passesValues({ linears }: ModelSpec): boolean {
  const of = (role: LinearSpec['role']) => linears.find((linear) => linear.role === role)!
  return of('v').out === of('o').in
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
  return (await readColumnSums(gpu, sums)).map(total)
}

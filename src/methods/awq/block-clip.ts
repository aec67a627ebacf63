import type { GridName } from '../../formats/gguf/grids'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { gridErrors, keepLeast } from '../../kernels/clip-search'
import type { Hessian } from '../../linalg/hessian'
import type { Panels } from '../../linalg/panels'
import type { LinearSpec } from '../../models/spec'
import { allocLines, type BlockLines, freeLines, linesOf, recordFindLines, shapeOf } from '../block-grid'
import type { BlockContext } from '../method'
import { clips, recordGroupProducts, SHRINKS } from './clip'

/**
 * A linear's lines on the levels of a GGUF type, clipped where that lowers the error of its output. The caller frees them.
 *
 * @param hessian of the linear's input
 */
export async function clippedLines(
  block: BlockContext,
  spec: LinearSpec,
  type: GridName,
  hessian: Hessian,
  clip = clips(spec),
): Promise<BlockLines> {
  const { gpu } = block
  const w = block.weight(spec)
  const lines = allocLines(gpu, spec, type)
  const importance = gpu.upload(await hessian.diagonal())
  const rec = gpu.record()
  if (clip) recordBlockClips(gpu, rec, lines, w, importance, hessian.panels)
  else recordFindLines(rec, lines, w, { importance })
  await gpu.submit(rec)
  gpu.free(importance)
  return lines
}

/**
 * AWQ's clip search on a type's levels: of ten clips of all sub-blocks of a block the one whose lines leave the least error
 * of the block's part of the output, dᵀ(H_bb d). Blocks and not sub-blocks, since these share what their lines are multiples
 * of.
 *
 * @param importance f32 [in]: diag H, by which lines are searched
 * @param h [in, in]
 */
export function recordBlockClips(
  gpu: Gpu,
  rec: Recorder,
  lines: BlockLines,
  w: Tensor,
  importance: Tensor,
  h: Panels,
): void {
  const { grid, out, in: columns, groups, a, b } = lines
  const cells = [out, groups]
  const tried = { ...lines, a: gpu.alloc(cells), b: gpu.alloc(cells) }
  const least = gpu.alloc([out, groups / grid.count], 'f32', 'least errors')
  const d = gpu.alloc(w.shape, 'f32', 'rounding errors')
  const product = gpu.alloc(w.shape, 'f32', 'errors times hessian')
  const blocks = { rows: out, columns, groupSize: grid.size * grid.count, groups: groups / grid.count }
  for (const shrink of SHRINKS) {
    recordFindLines(rec, tried, w, { importance, shrink })
    rec.run(gridErrors(linesOf(grid)), { w, a: tried.a, b: tried.b, d }, shapeOf(lines))
    recordGroupProducts(rec, blocks, d, h, product)
    rec.run(
      keepLeast(rec.traits.software),
      { d, product, candidate_a: tried.a, candidate_b: tried.b, least, a, b },
      { ...blocks, lines: grid.count, first: shrink === 1 },
    )
  }
  freeLines(gpu, tried)
  gpu.free(least, d, product)
}

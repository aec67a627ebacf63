import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { gridErrors, keepLeast } from '../../kernels/clip-search'
import { matmul } from '../../kernels/gemm'
import type { GridShape } from '../../kernels/quantize'
import type { Hessian } from '../../linalg/hessian'
import type { Panels } from '../../linalg/panels'
import type { LinearSpec } from '../../models/spec'
import { allocGrid, type GridOptions, type GridTensors } from '../affine'
import type { BlockContext } from '../method'
import { type Ranges, recordMinMax } from './dialect'

/** How far both ends of a range are drawn in: not at all, by a twentieth, … to 0.55 of what they were. */
export const SHRINKS = Array.from({ length: 10 }, (_, i) => 1 - i / 20)

/** Not q and k, nor what holds them among others, as in the original: their outputs only meet in a product, and the error of each alone says too little. */
export const clips = ({ role }: LinearSpec): boolean => role !== 'q' && role !== 'k' && role !== 'qkv'

/**
 * A linear's grids, clipped where that lowers the error of its output; codes are not written yet. The caller frees them.
 *
 * @param hessian of the linear's input
 */
export async function clippedGrid(
  block: BlockContext,
  spec: LinearSpec,
  options: GridOptions,
  hessian: Hessian,
): Promise<GridTensors> {
  const { gpu } = block
  const w = block.weight(spec)
  const grid = allocGrid(gpu, spec.out, spec.in, options)
  const rec = gpu.record()
  if (clips(spec)) recordClipSearch(gpu, rec, grid, w, hessian.panels)
  else recordMinMax(rec, grid, w)
  await gpu.submit(rec)
  return grid
}

/**
 * AWQ's clip search (Lin et al. 2023, arXiv 2306.00978, the code's `auto_clip`; both ends as in llmc): of ten ranges
 * the one with the least error of the group's part of the output,
 *
 *     mean over tokens of (Σ_g x·d)² = dᵀ(H_gg d)/2,  d = ŵ − w
 *
 * H_gg the group's part of H on the diagonal. It knows all calibration tokens, where the original looks at 512 of them.
 *
 * @param h [in, in]
 */
export function recordClipSearch(gpu: Gpu, rec: Recorder, { shape, steps, zeros }: Ranges, w: Tensor, h: Panels): void {
  const { rows, groups } = shape
  const cells = [rows, groups]
  const candidate: Ranges = { shape, steps: gpu.alloc(cells), zeros: gpu.alloc(cells) }
  const least = gpu.alloc(cells, 'f32', 'least errors')
  const d = gpu.alloc(w.shape, 'f32', 'rounding errors')
  const product = gpu.alloc(w.shape, 'f32', 'errors times hessian')
  for (const shrink of SHRINKS) {
    recordMinMax(rec, candidate, w, shrink)
    rec.run(gridErrors('steps'), { w, a: candidate.steps, b: candidate.zeros, d }, shape)
    recordGroupProducts(rec, shape, d, h, product)
    const tried = { candidate_a: candidate.steps, candidate_b: candidate.zeros }
    rec.run(
      keepLeast(rec.traits.software),
      { d, product, ...tried, least, a: steps, b: zeros },
      { ...shape, lines: 1, first: shrink === 1 },
    )
  }
  gpu.free(candidate.steps, candidate.zeros, least, d, product)
}

/**
 * product[:, g] = d[:, g]·H_gg for every group of columns: of each panel those together whose rows it holds, one that lies in
 * two or is shorter than the others by itself.
 */
export function recordGroupProducts(
  rec: Recorder,
  { rows, columns, groupSize }: Pick<GridShape, 'rows' | 'columns' | 'groupSize'>,
  d: Tensor,
  h: Panels,
  product: Tensor,
): void {
  for (const { tensor, first: top, count } of h) {
    const end = top + count
    /** Rows [from, from + k) of the H_gg of `size` columns that begins with column `first`, and of as many like it behind. */
    const record = (first: number, size: number, from: number, k: number, batch = 1) =>
      matmul(rec, {
        ...{ a: d, b: tensor, c: product, m: rows, n: size, k, batch },
        ...{ lda: columns, ldb: columns, ldc: columns },
        ...{ aOffset: from, bOffset: (from - top) * columns + first, cOffset: first },
        ...{ aBatch: size, bBatch: size * (columns + 1), cBatch: size, accumulate: from > first },
      })
    const [begin, behind] = [Math.ceil(top / groupSize), Math.floor(end / groupSize)]
    if (behind > begin) record(begin * groupSize, groupSize, begin * groupSize, groupSize, behind - begin)
    const cut = new Set([...(top % groupSize ? [begin - 1] : []), ...(end % groupSize ? [behind] : [])])
    for (const first of [...cut].map((group) => group * groupSize)) {
      const from = Math.max(first, top)
      record(first, Math.min(groupSize, columns - first), from, Math.min(first + groupSize, end) - from)
    }
  }
}

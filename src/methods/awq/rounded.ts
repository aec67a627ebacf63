import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import { scaleLines, subtract } from '../../kernels/matrix'
import { snapScaled } from '../../kernels/scale-search'
import { gridShape } from '../affine'
import { allocLines, freeLines, type GridChoice, gridOf, linesOf, recordFindLines, shapeOf } from '../block-grid'
import { recordMinMax } from './dialect'

/** Scales of the columns of a stage that are tried. */
export interface Candidate {
  /** f32 [in] s. */
  readonly scales: Tensor
  /** f32 [in] (a/s)², about what a squared error of a scaled column counts, for the lines of a GGUF type. */
  readonly importance: Tensor
}

/** Records y = Q(W·diag(s))·diag(s)⁻¹, Q rounding to nearest on min–max grids or lines of a type; w, y [out, in]. */
export function recordRounded(
  gpu: Gpu,
  rec: Recorder,
  w: Tensor,
  { scales: s, importance }: Candidate,
  options: GridChoice,
  y: Tensor,
): void {
  const [out = 0, columns = 0] = w.shape
  rec.run(scaleLines, { x: w, s, y }, { count: elements(w.shape), every: 1, lines: columns, divide: 0 })
  const type = gridOf(options.grid, { in: columns })
  if (type) {
    const lines = allocLines(gpu, { out, in: columns }, type)
    const { grid, a, b } = lines
    recordFindLines(rec, lines, y, { importance })
    rec.run(snapScaled(linesOf(grid)), { y, a, b, s }, shapeOf(lines))
    freeLines(gpu, lines)
    return
  }
  const shape = gridShape(out, columns, options)
  const cells = [out, shape.groups]
  const [steps, zeros] = [gpu.alloc(cells), gpu.alloc(cells)]
  recordMinMax(rec, { shape, steps, zeros }, y)
  rec.run(snapScaled('steps'), { y, a: steps, b: zeros, s }, shape)
  gpu.free(steps, zeros)
}

/** Records a − b, both [rows, columns], as a new tensor. */
export function recordDifference(gpu: Gpu, rec: Recorder, a: Tensor, b: Tensor): Tensor {
  const d = gpu.alloc(a.shape, 'f32', 'difference')
  rec.run(subtract, { a, b, d }, { count: elements(a.shape) })
  return d
}

import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import { scaleLines, subtract } from '../../kernels/matrix'
import { snapScaled } from '../../kernels/scale-search'
import { type GridOptions, gridShape } from '../affine'
import { recordMinMax } from './dialect'

/** Records y = Q(W·diag(s))·diag(s)⁻¹, Q rounding to nearest on min–max grids; w, y [out, in], s [in]. */
export function recordRounded(gpu: Gpu, rec: Recorder, w: Tensor, s: Tensor, options: GridOptions, y: Tensor): void {
  const [out = 0, columns = 0] = w.shape
  const shape = gridShape(out, columns, options)
  const cells = [out, shape.groups]
  const [steps, zeros] = [gpu.alloc(cells), gpu.alloc(cells)]
  rec.run(scaleLines, { x: w, s, y }, { count: elements(w.shape), every: 1, lines: columns, divide: 0 })
  recordMinMax(rec, { shape, steps, zeros }, y)
  rec.run(snapScaled, { y, steps, zeros, s }, shape)
  gpu.free(steps, zeros)
}

/** Records a − b, both [rows, columns], as a new tensor. */
export function recordDifference(gpu: Gpu, rec: Recorder, a: Tensor, b: Tensor): Tensor {
  const d = gpu.alloc(a.shape, 'f32', 'difference')
  rec.run(subtract, { a, b, d }, { count: elements(a.shape) })
  return d
}

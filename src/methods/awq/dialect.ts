import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { minMaxGrid } from '../../kernels/clip-search'
import type { GridTensors } from '../affine'

/** What a grid has before there are codes on it. */
export type Ranges = Omit<GridTensors, 'codes'>

/**
 * Records the min–max grids of w [out, in] in the dialect of the AWQ code, see shaders/min_max_grid.wgsl.
 *
 * @param shrink what both ends of every range are multiplied by
 */
export function recordMinMax(rec: Recorder, { shape, steps, zeros }: Ranges, w: Tensor, shrink = 1): void {
  rec.run(minMaxGrid(rec.traits.software), { w, steps, zeros }, { ...shape, shrink })
}

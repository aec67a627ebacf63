import type { AffineLinear } from '../../formats/quantized'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { roundToGrid } from '../../kernels/quantize'
import { allocGrid, collectLinear, freeGrid, recordFindGrid, type UniformGrid } from '../affine'

/** W [out, in] rounded to the nearest levels of its groups' min-max grids. */
export async function roundToNearest(gpu: Gpu, name: string, w: Tensor, options: UniformGrid): Promise<AffineLinear> {
  const [out = 0, columns = 0] = w.shape
  const grid = allocGrid(gpu, out, columns, options)
  const rec = gpu.record()
  recordFindGrid(rec, grid, w, options.symmetric)
  const { steps, zeros, codes } = grid
  rec.run(roundToGrid, { w, steps, zeros, codes }, grid.shape)
  await gpu.submit(rec)
  const linear = await collectLinear(gpu, name, grid, options)
  freeGrid(gpu, grid)
  return linear
}

import { z } from 'zod'
import { roundToGrid } from '../../kernels/quantize'
import { allocGrid, collectLinear, freeGrid, gridMoments, recordFindGrid } from '../affine'
import type { Method } from '../method'
import { uniformGridOptions } from '../options'

const schema = z.strictObject(uniformGridOptions)
export type RtnOptions = z.infer<typeof schema>

/** Round to nearest: every weight to the closest level of its group's min-max grid. Needs no data. */
export const rtn: Method<RtnOptions> = {
  id: 'rtn',
  title: 'RTN',
  summary: 'Round to nearest: no calibration, seconds even for large models; the baseline of every table.',
  schema,
  needsCalibration: false,
  memory: (options) => ({
    ...{ together: true, throughout: [], kept: () => [], stage: () => [], plan: null },
    linear: (linear) => gridMoments(linear, options, []),
  }),
  async *quantize(block, options) {
    const { gpu } = block
    for (const spec of block.model.linears) {
      block.checkCancelled()
      const w = block.weight(spec)
      const grid = allocGrid(gpu, spec.out, spec.in, options)
      const rec = gpu.record()
      recordFindGrid(rec, grid, w, options.symmetric)
      const { steps, zeros, codes } = grid
      rec.run(roundToGrid, { w, steps, zeros, codes }, grid.shape)
      await gpu.submit(rec)
      const linear = await collectLinear(gpu, block.nameOf(spec), grid, options)
      freeGrid(gpu, grid)
      yield { spec, linear, damping: null, deadColumns: 0, warnings: [] }
    }
  },
}

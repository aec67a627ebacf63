import { z } from 'zod'
import type { AffineLinear } from '../../formats/quantized'
import { roundToGrid } from '../../kernels/quantize'
import type { LinearSpec } from '../../models/spec'
import { allocGrid, collectLinear, freeGrid, gridMoments, recordFindGrid } from '../affine'
import { blockGridMoments, gridOf, gridWarnings, roundToType } from '../block-grid'
import type { Method, WorkingBlock } from '../method'
import { gridOptions } from '../options'

const schema = z.strictObject(gridOptions)
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
    linear: (linear) => {
      const type = gridOf(options.grid, linear)
      return type ? blockGridMoments(linear, type, []) : gridMoments(linear, options, [])
    },
  }),
  async *quantize(block, options) {
    for (const spec of block.model.linears) {
      block.checkCancelled()
      const type = gridOf(options.grid, spec)
      const linear = type
        ? await roundToType(block.gpu, block.nameOf(spec), spec, type, block.weight(spec))
        : await toFreeGrid(block, spec, options)
      yield { spec, linear, damping: null, deadColumns: 0, warnings: gridWarnings(options.grid, spec) }
    }
  },
}

async function toFreeGrid(block: WorkingBlock, spec: LinearSpec, options: RtnOptions): Promise<AffineLinear> {
  const { gpu } = block
  const w = block.weight(spec)
  const grid = allocGrid(gpu, spec.out, spec.in, options)
  const rec = gpu.record()
  recordFindGrid(rec, grid, w, options.symmetric)
  const { steps, zeros, codes } = grid
  rec.run(roundToGrid, { w, steps, zeros, codes }, grid.shape)
  await gpu.submit(rec)
  const linear = await collectLinear(gpu, block.nameOf(spec), grid, options)
  freeGrid(gpu, grid)
  return linear
}

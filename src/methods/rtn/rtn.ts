import { z } from 'zod'
import { gridMoments } from '../affine'
import { blockGridMoments, gridOf, gridWarnings, roundToType } from '../block-grid'
import type { Method } from '../method'
import { gridOptions } from '../options'
import { roundToNearest } from './nearest'

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
        : await roundToNearest(block.gpu, block.nameOf(spec), block.weight(spec), options)
      yield { spec, linear, damping: null, deadColumns: 0, warnings: gridWarnings(options.grid, spec) }
    }
  },
}

import { z } from 'zod'
import type { GridName } from '../../formats/gguf/grids'
import type { AffineLinear } from '../../formats/quantized'
import type { LinearSpec } from '../../models/spec'
import { gridMoments } from '../affine'
import {
  allocBlockGrid,
  blockGridMoments,
  freeBlockGrid,
  gridOf,
  gridWarnings,
  recordRoundToBlocks,
  submitBlocks,
} from '../block-grid'
import type { Method, WorkingBlock } from '../method'
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
        ? await toBlocks(block, spec, type)
        : await roundToNearest(block.gpu, block.nameOf(spec), block.weight(spec), options)
      yield { spec, linear, damping: null, deadColumns: 0, warnings: gridWarnings(options.grid, spec) }
    }
  },
}

async function toBlocks(block: WorkingBlock, spec: LinearSpec, type: GridName): Promise<AffineLinear> {
  const { gpu } = block
  const rec = gpu.record()
  const tensors = allocBlockGrid(gpu, rec, spec, type)
  recordRoundToBlocks(rec, block.weight(spec), tensors)
  await gpu.submit(rec)
  const linear = await submitBlocks(gpu, block.nameOf(spec), tensors)
  freeBlockGrid(gpu, tensors)
  return linear.value
}

import { z } from 'zod'
import { roundToGrid } from '../../kernels/quantize'
import { allocGrid, collectLinear, freeGrid } from '../affine'
import type { Method } from '../method'
import { described, uniformGridOptions } from '../options'
import { clippedGrid } from './clip'
import { recordMinMax } from './dialect'
import { awqMemory } from './memory'
import { searchScales } from './scales'
import { awqWork } from './work'

const schema = z.strictObject({
  bits: uniformGridOptions.bits,
  groupSize: uniformGridOptions.groupSize,
  scaling: described(z.enum(['on', 'off']).default('on'), {
    label: 'Scaling',
    help: 'Search scales that make columns larger where inputs are loud, so that rounding hurts them less.',
  }),
  clipping: described(z.enum(['on', 'off']).default('on'), {
    label: 'Clipping',
    help: 'Search how far the range of every group is drawn in; not for q and k.',
  }),
})
export type AwqOptions = z.infer<typeof schema>

const STAGES = [0, 1, 2, 3]

/** AWQ, Lin et al. 2023 (arXiv 2306.00978): scales, then clipped ranges, then rounding to nearest. */
export const awq: Method<AwqOptions> = {
  id: 'awq',
  title: 'AWQ',
  summary: 'Scales columns by how loud their inputs are and clips the ranges, by search; then rounds to nearest.',
  schema,
  needsCalibration: true,
  memory: awqMemory,
  work: awqWork,
  async *quantize(block, options) {
    const { gpu } = block
    if (options.scaling === 'on') await searchScales(block, options)
    const hessians = await block.hessians(STAGES)
    for (const spec of block.model.linears) {
      await block.checkpoint()
      const w = block.weight(spec)
      const clipped = options.clipping === 'on' && (await clippedGrid(block, spec, options, hessians.get(spec.stage)!))
      const grid = clipped || allocGrid(gpu, spec.out, spec.in, options)
      const rec = gpu.record()
      if (!clipped) recordMinMax(rec, grid, w)
      const { shape, steps, zeros, codes } = grid
      rec.run(roundToGrid, { w, steps, zeros, codes }, shape)
      await gpu.submit(rec)
      const linear = await collectLinear(gpu, block.nameOf(spec), grid, { ...options, symmetric: false })
      freeGrid(gpu, grid)
      yield { spec, linear, damping: null, deadColumns: 0, warnings: [] }
    }
  },
}

import { roundToGrid } from '../../kernels/quantize'
import { stagesOf } from '../../models/roles'
import { allocGrid, collectLinear, freeGrid } from '../affine'
import type { Method } from '../method'
import { clippedGrid } from './clip'
import { recordMinMax } from './dialect'
import { awqMemory } from './memory'
import { type AwqOptions, schema, searchesClips, searchesScales } from './options'
import { searchScales } from './scales'
import { awqWork } from './work'

/** AWQ, Lin et al. 2023 (arXiv 2306.00978): scales, then clipped ranges, then rounding to nearest. */
export const awq: Method<AwqOptions> = {
  id: 'awq',
  title: 'AWQ',
  summary: 'Scales columns by how loud their inputs are and clips the ranges, by search; then rounds to nearest.',
  schema,
  needsCalibration: true,
  together: true,
  memory: awqMemory,
  work: awqWork,
  async *quantize(block, options) {
    const { gpu } = block
    if (searchesScales(options)) await searchScales(block, options)
    const hessians = await block.hessians(stagesOf(block.model))
    for (const spec of block.model.linears) {
      await block.checkpoint()
      const w = block.weight(spec)
      const clipped = searchesClips(options) && (await clippedGrid(block, spec, options, hessians.get(spec.stage)!))
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

import type { AffineLinear } from '../../formats/quantized'
import { roundToGrid } from '../../kernels/quantize'
import type { Hessian } from '../../linalg/hessian'
import { stagesOf } from '../../models/roles'
import type { LinearSpec } from '../../models/spec'
import { allocGrid, collectLinear, freeGrid } from '../affine'
import { gridOf, gridWarnings, roundToLines } from '../block-grid'
import type { Method, WorkingBlock } from '../method'
import { clippedLines } from './block-clip'
import { clippedGrid, clips } from './clip'
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
  together: () => 'block',
  memory: awqMemory,
  work: awqWork,
  async *quantize(block, options) {
    if (searchesScales(options)) await searchScales(block, options)
    const hessians = await block.hessians(stagesOf(block.model))
    for (const spec of block.model.linears) {
      await block.checkpoint()
      const linear = await rounded(block, spec, options, hessians.get(spec.stage)!)
      yield { spec, linear, damping: null, deadColumns: 0, warnings: gridWarnings(options.grid, spec) }
    }
  },
}

async function rounded(
  block: WorkingBlock,
  spec: LinearSpec,
  options: AwqOptions,
  hessian: Hessian,
): Promise<AffineLinear> {
  const { gpu } = block
  const w = block.weight(spec)
  const name = block.nameOf(spec)
  const type = gridOf(options.grid, spec)
  if (type) {
    const lines = await clippedLines(block, spec, type, hessian, searchesClips(options) && clips(spec))
    return roundToLines(gpu, name, lines, w)
  }
  const clipped = searchesClips(options) && (await clippedGrid(block, spec, options, hessian))
  const grid = clipped || allocGrid(gpu, spec.out, spec.in, options)
  const rec = gpu.record()
  if (!clipped) recordMinMax(rec, grid, w)
  const { shape, steps, zeros, codes } = grid
  rec.run(roundToGrid, { w, steps, zeros, codes }, shape)
  await gpu.submit(rec)
  const linear = await collectLinear(gpu, name, grid, { ...options, symmetric: false })
  freeGrid(gpu, grid)
  return linear
}

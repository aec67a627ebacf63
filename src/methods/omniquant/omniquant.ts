import { z } from 'zod'
import type { AffineLinear } from '../../formats/quantized'
import { roundToGrid } from '../../kernels/quantize'
import { stagesOf } from '../../models/roles'
import type { LinearSpec } from '../../models/spec'
import { collectLinear, freeGrid } from '../affine'
import { gridWarnings, roundToLines } from '../block-grid'
import type { Method, WorkingBlock } from '../method'
import { described, gridOptions } from '../options'
import { reconstructionWork } from '../reconstruction/work'
import type { LearnedGrid } from './clip-learner'
import { learnClips, stepsOf } from './learn'
import { omniquantMemory } from './memory'

const { bits, groupSize, grid } = gridOptions

const schema = z.strictObject({
  bits,
  groupSize,
  grid,
  epochs: described(z.int().min(1).max(1000).default(20), {
    label: 'Epochs',
    help: 'Passes over the calibration windows for each block; the paper takes 20, and 40 at 2 bits.',
  }),
  learningRate: described(z.number().min(0.00001).max(1).default(0.01), {
    label: 'Learning rate',
    help: 'Of the logits of the clips; they begin at 4, where 98 % of each end is kept.',
    step: 0.005,
    advanced: true,
  }),
  batch: described(z.int().min(1).max(256).default(1), {
    label: 'Batch',
    help: 'Calibration windows a step.',
    advanced: true,
  }),
})
export type OmniquantOptions = z.infer<typeof schema>

/** OmniQuant's learnable weight clipping, Shao et al. 2023 (arXiv 2308.13137), without its equivalent transform. */
export const omniquant: Method<OmniquantOptions> = {
  id: 'omniquant',
  title: 'OmniQuant',
  summary: 'Learns by gradient steps how far to clip the range of every group, so that each block keeps its output.',
  schema,
  needsCalibration: true,
  together: () => 'block',
  memory: omniquantMemory,
  work: ({ epochs, batch }, model, { samples, length }) =>
    reconstructionWork(model, stepsOf(epochs, samples, batch), { batch: Math.min(batch, samples), length }),
  async *quantize(block, options) {
    const { linears } = block.model
    const { grids, reconstruction, warnings } = await learnClips(block, options)
    // not needed to learn: the errors of the linears are measured under them
    await block.hessians(stagesOf(block.model))
    for (const [at, spec] of linears.entries()) {
      block.checkCancelled()
      const linear = await rounded(block, spec, grids.get(spec.role)!, options)
      const last = at === linears.length - 1
      yield {
        ...{ spec, linear, damping: null, deadColumns: 0 },
        warnings: [...gridWarnings(options.grid, spec), ...(last ? warnings : [])],
        reconstruction: last ? reconstruction : null,
      }
    }
  },
}

/** Rounds a linear to nearest on its grid, and frees that. */
async function rounded(
  block: WorkingBlock,
  spec: LinearSpec,
  learned: LearnedGrid,
  options: OmniquantOptions,
): Promise<AffineLinear> {
  const { gpu } = block
  const [name, w] = [block.nameOf(spec), block.weight(spec)]
  if ('grid' in learned) return roundToLines(gpu, name, learned, w)
  const grid = { ...learned, codes: gpu.alloc([spec.out, spec.in], 'u32', 'codes') }
  const { shape, steps, zeros, codes } = grid
  const rec = gpu.record()
  rec.run(roundToGrid, { w, steps, zeros, codes }, shape)
  await gpu.submit(rec)
  const linear = await collectLinear(gpu, name, grid, { ...options, symmetric: false })
  freeGrid(gpu, grid)
  return linear
}

import { gridWarnings } from '../block-grid'
import type { Method, WorkingBlock } from '../method'
import { mgptq } from '../mgptq/mgptq'
import { type FrozenGrid, freeFrozen } from './grids'
import { tesseraqMemory } from './memory'
import { allocating, gridChoice, presets, schema, type TesseraqOptions } from './options'
import { flips, reconstruct } from './reconstruct'
import { RoundingLearner } from './rounding'
import { learningRate } from './schedule'
import { frozenGrids, type Widths } from './start'
import { tesseraqWork } from './work'

/**
 * TesseraQ, arXiv 2410.19103 (methods §3): grids are frozen, then a whole block learns by gradient steps which weights
 * round up, and the scale of every group, so that it gives what the original block gave.
 */
export const tesseraq: Method<TesseraqOptions, Widths> = {
  id: 'tesseraq',
  title: 'TesseraQ',
  summary:
    'Learns by gradient steps on whole blocks which weights round up, and every group’s scale. Minutes to hours.',
  schema,
  presets,
  needsCalibration: true,
  together: () => 'block',
  memory: tesseraqMemory,
  work: tesseraqWork,

  async plan(model, options) {
    if (options.allocation === 'uniform') return null
    const plan = await mgptq.plan!(model, allocating(options))
    return plan!.allocated!.widths
  },

  async *quantize(block, options, widths) {
    const { gpu } = block
    const { grids, warnings: before } = await frozenGrids(block, options, widths)
    const learners = await start(block, grids, options)
    const { record, warnings: after } = await reconstruct(block, learners, options)
    const warnings = [...before, ...after]
    for (const [i, learner] of learners.entries()) {
      block.checkCancelled()
      const { spec } = learner
      const last = i === learners.length - 1
      const differing = await flips(gpu, [learner])
      const linear = await store(block, learner)
      learner.free()
      freeFrozen(gpu, learner.grid)
      yield {
        ...{ spec, linear, damping: null, deadColumns: 0 },
        warnings: [...gridWarnings(gridChoice(options).grid, spec), ...(last ? warnings : [])],
        ...{ flips: differing / (spec.out * spec.in), reconstruction: last ? record : null },
      }
    }
  },
}

async function start(block: WorkingBlock, grids: readonly FrozenGrid[], options: TesseraqOptions) {
  const { gpu } = block
  const rec = gpu.record()
  const { learn, iterations } = options
  const learners = grids.map(
    (grid) =>
      new RoundingLearner(gpu, rec, grid, block.weight(grid.spec), {
        ...{ rounding: learn !== 'scales', scales: learn !== 'roundings', rate: learningRate(iterations) },
      }),
  )
  await gpu.submit(rec)
  return learners
}

/** What is still soft is rounded by its sign; codes, low ends, steps and factors are stored as they were learned. */
async function store(block: WorkingBlock, learner: RoundingLearner) {
  const { gpu } = block
  const { spec, grid } = learner
  const codes = gpu.alloc([spec.out, spec.in], 'u32', 'codes')
  const rec = gpu.record()
  learner.hardCodes(rec, codes)
  await gpu.submit(rec)
  const linear = await grid.store(gpu, block.nameOf(spec), codes, await learner.factors())
  gpu.free(codes)
  return linear
}

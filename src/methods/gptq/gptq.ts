import { z } from 'zod'
import { type GridName, gridNames } from '../../formats/gguf/grids'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { compensated, GPTQ_BLOCK, gptqBlock } from '../../kernels/quantize'
import { recordInverseFactor } from '../../linalg/factor'
import { allocPanels, tensorsOf } from '../../linalg/panels'
import type { LinearSpec } from '../../models/spec'
import { allocGrid, freeGrid, type GridTensors, gridMoments, recordFindGrid, recordPack, submitLinear } from '../affine'
import { aheadOfFactors } from '../ahead'
import {
  allocBlockGrid,
  allocLines,
  blockGridMoments,
  freeBlockGrid,
  gridOf,
  gridWarnings,
  recordGptqToBlocks,
  submitBlocks,
} from '../block-grid'
import { recordColumns } from '../columns'
import { byFallingDiagonal, type Factor } from '../factor'
import { factoring, factorShapes } from '../memory'
import type { Method, QuantizedModule, WorkingBlock } from '../method'
import { damping, described, gridHelp, gridOptions } from '../options'
import { chooseTypes, choosing, type Types } from './types'

const schema = z.strictObject({
  ...gridOptions,
  grid: described(z.enum(['free', 'auto', ...gridNames]).default('free'), {
    label: 'Grid',
    help: gridHelp,
    choices: { auto: 'types by a budget' },
  }),
  storedBits: described(z.number().min(2.625).max(8.5).default(4), {
    label: 'Stored bits',
    help: 'Bits a weight in a GGUF file, at most: each linear gets the type that costs the model least for its size.',
    step: 0.25,
    when: { grid: ['auto'] },
  }),
  actOrder: described(z.boolean().default(false), {
    label: 'Act-order',
    help: 'Quantize columns with the largest diag H first; groups keep their place and are ranged beforehand.',
  }),
  sequence: described(z.enum(['layer', 'true']).default('layer'), {
    label: 'Sequence',
    help: 'Whether a block is calibrated once, or again after each of q/k/v, o, gate/up, down.',
    choices: { layer: 'once a block', true: 'true sequential' },
    advanced: true,
  }),
  damping,
})
export type GptqOptions = z.infer<typeof schema>

/** GPTQ, Frantar et al. 2022 (arXiv 2210.17323), with the ranges and defaults of the authors' code. */
export const gptq: Method<GptqOptions, Types | null> = {
  id: 'gptq',
  title: 'GPTQ',
  summary: 'Rounds column after column and lets the columns behind absorb each error, weighed by the inputs’ Hessian.',
  schema,
  needsCalibration: true,
  together: ({ sequence }) => (sequence === 'true' ? 'stage' : 'block'),
  memory: (options) => ({
    ...{ together: options.sequence === 'layer', throughout: [], kept: factorShapes },
    plan: options.grid === 'auto' ? { sensitivities: true, stage: (linears) => linears.flatMap(choosing) } : null,
    stage: ([first]) => [factoring(first!.in)],
    // the working copy, and the errors of a block of columns
    linear: (linear) => {
      const working = [
        [linear.out, linear.in],
        [linear.out, GPTQ_BLOCK],
      ]
      // of all types Q6_K has the most lines
      const type = gridOf(options.grid === 'auto' ? 'Q6_K' : options.grid, linear)
      return type ? blockGridMoments(linear, type, working) : gridMoments(linear, options, working)
    },
  }),
  warmUp(gpu, rec, spec, options) {
    const { out, in: n } = spec
    const type = gridOf(options.grid === 'auto' ? 'Q4_K' : options.grid, spec)
    const [h, order, diagonal] = [allocPanels(gpu, n, 'hessian'), gpu.alloc([n], 'u32'), gpu.alloc([n])] as const
    const weight = gpu.alloc([out, n])
    const { upper, pivots, failed } = recordInverseFactor(gpu, rec, h, order, 0.01)
    if (type) {
      const tensors = allocBlockGrid(gpu, rec, allocLines(gpu, spec, type))
      recordGptqToBlocks(gpu, rec, weight, { upper, order, diagonal }, tensors, options.actOrder)
      freeBlockGrid(gpu, tensors)
    } else {
      const grid = allocGrid(gpu, out, n, options)
      recordGptq(gpu, rec, weight, { upper, order, diagonal }, grid, options)
      gpu.free(recordPack(gpu, rec, grid, order))
      freeGrid(gpu, grid)
    }
    gpu.free(...tensorsOf(h), order, diagonal, weight, ...tensorsOf(upper), pivots, failed)
  },
  plan: async (model, { grid, storedBits }) => (grid === 'auto' ? chooseTypes(model, storedBits) : null),
  async *quantize(block, options, types) {
    const asked = (spec: LinearSpec) =>
      (options.grid === 'auto' ? types?.get(block.nameOf(spec)) : options.grid) ?? 'Q8_0'
    for await (const module of submitted(block, options, asked))
      yield { ...module, warnings: [...module.warnings, ...gridWarnings(asked(module.spec), module.spec)] }
  },
}

function submitted(
  block: WorkingBlock,
  options: GptqOptions,
  asked: (spec: LinearSpec) => GridName | 'free',
): AsyncGenerator<QuantizedModule, void> {
  const { gpu } = block
  const { damping, sequence, actOrder } = options
  const along = { damping, again: sequence === 'true', order: actOrder ? byFallingDiagonal : undefined }
  return aheadOfFactors(block, along, async (spec, factor) => {
    const type = gridOf(asked(spec), spec)
    if (type) {
      const rec = gpu.record()
      const order = actOrder ? factor.columns : undefined
      const tensors = allocBlockGrid(gpu, rec, allocLines(gpu, spec, type), order)
      recordGptqToBlocks(gpu, rec, block.weight(spec), factor, tensors, actOrder)
      await gpu.submit(rec)
      const linear = await submitBlocks(gpu, block.nameOf(spec), tensors)
      freeBlockGrid(gpu, tensors)
      return linear
    }
    const grid = allocGrid(gpu, spec.out, spec.in, options)
    const rec = gpu.record()
    recordGptq(gpu, rec, block.weight(spec), factor, grid, options)
    await gpu.submit(rec)
    const linear = await submitLinear(gpu, block.nameOf(spec), grid, options)
    freeGrid(gpu, grid)
    return linear
  })
}

/**
 * The column loop: blocks of 128 columns (or of a group, when groups are smaller, so that a group's range sees all
 * updates before it), each one dispatch and one product that pushes the block's errors to the columns behind it.
 *
 * @param rounded f32 [out, in]: gets the weights that were rounded to the codes, W with what they absorbed
 */
export function recordGptq(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  factor: Pick<Factor, 'upper' | 'order' | 'diagonal'>,
  grid: GridTensors,
  { symmetric, actOrder }: Pick<GptqOptions, 'symmetric' | 'actOrder'>,
  rounded?: Tensor,
): void {
  const { shape, steps, zeros, codes } = grid
  const { groupSize, groups } = shape
  // Ranges that do not move: one a row, or of groups whose columns are not met in order.
  const ranged = groups === 1 || actOrder
  if (ranged) recordFindGrid(rec, grid, weight, symmetric)
  const block = groups > 1 && !actOrder ? Math.min(groupSize, GPTQ_BLOCK) : GPTQ_BLOCK
  const { order } = factor
  recordColumns(gpu, rec, weight, factor, block, ({ w, errors, first, count, u, uRow }) => {
    if (!ranged && first % groupSize === 0) recordFindGrid(rec, grid, w, symmetric, first / groupSize, 1)
    const place = { ...shape, first, count, uRow }
    rec.run(gptqBlock(rec.traits.software), { w, u, order, steps, zeros, codes, errors }, place)
    if (rounded) rec.run(compensated('steps'), { errors, u, order, codes, a: steps, b: zeros, w: rounded }, place)
  })
}

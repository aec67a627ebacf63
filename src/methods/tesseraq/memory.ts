import { codeWords } from '../../formats/affine'
import { blockGrids } from '../../formats/gguf/grids'
import type { Width } from '../../formats/quantized'
import { baseWords } from '../../kernels/soft-rounding'
import type { LinearSpec } from '../../models/spec'
import { scaleSearchMoments } from '../awq/memory'
import { gridOf } from '../block-grid'
import { learningShapes } from '../learning-lines'
import type { MethodMemory, Shape } from '../memory'
import { mgptqMemory } from '../mgptq/memory'
import { allocating, gridChoice, type TesseraqOptions } from './options'

/** Shapes of everything that tesseraq.ts holds at its fullest moments. */
export function tesseraqMemory(options: TesseraqOptions): MethodMemory {
  const mixed = options.allocation === 'mg-ptq'
  const learned = (linear: LinearSpec) => learnedShapes(linear, options)
  return {
    ...{ together: true, throughout: [], kept: () => [], stage: () => [] },
    plan: mixed ? mgptqMemory(allocating(options)).plan : null,
    ...((mixed ? options.scaling : options.init === 'awq') && { block: scaleSearchMoments }),
    reconstruction: { perWeight: learned, after: learned, batch: options.batch, hessians: true },
    linear: (linear) => {
      const { out, in: columns } = linear
      const type = gridOf(gridChoice(options).grid, linear)
      const bits = type ? blockGrids[type].bits : (Math.ceil(options.bits) as Width)
      return [{ weights: [[out, columns], [codeWords([{ bits, columns }], out)], [columns]] }]
    },
  }
}

/** What `RoundingLearner` and its grid hold of a linear. */
function learnedShapes(linear: LinearSpec, options: TesseraqOptions): Shape[] {
  const { out, in: columns } = linear
  const { groupSize, allocation, init, learn } = options
  const type = gridOf(gridChoice(options).grid, linear)
  const grid = type && blockGrids[type]
  const groups = grid ? columns / grid.size : groupSize === -1 ? 1 : Math.ceil(columns / groupSize)
  const cells = [out, groups]
  const weights = [out, columns]
  const own = allocation === 'uniform' && init === 'gptq' ? [weights] : []
  const table = [3 * groups + 2 * columns]
  // of a type: units, where the lines are, and what stands for the factors
  const lines = grid
    ? [...learningShapes(out, columns, grid).slice(1), ...(learn === 'roundings' ? [] : [[...cells, 4]])]
    : []
  return [...own, [out, baseWords(columns)], weights, [...weights, 2], [...cells, 4], [...cells, 2], ...lines, table]
}

import { codeWords } from '../../formats/affine'
import { blockGrids } from '../../formats/gguf/grids'
import type { LinearSpec } from '../../models/spec'
import { gridShape } from '../affine'
import { blockGridMoments, type GridChoice, gridOf } from '../block-grid'
import { learningShapes } from '../learning-lines'
import type { MethodMemory, Shape } from '../memory'

/** Shapes of everything that OmniQuant holds at its fullest moments. */
export const omniquantMemory = (options: GridChoice & { readonly batch: number }): MethodMemory => ({
  ...{ together: true, throughout: [], kept: () => [], stage: () => [], plan: null },
  reconstruction: {
    perWeight: (linear) => clipShapes(linear, options),
    after: (linear) => gridShapes(linear, options),
    ...{ batch: options.batch, hessians: false },
  },
  linear: (linear) => {
    const type = gridOf(options.grid, linear)
    if (type) return blockGridMoments(linear, type, [], { lines: false })
    const { out, in: columns } = linear
    return [{ weights: [[out, columns], [codeWords([{ bits: options.bits, columns }], out)], [columns]] }]
  },
})

function groupsOf(linear: LinearSpec, options: GridChoice): number {
  const type = gridOf(options.grid, linear)
  return type ? linear.in / blockGrids[type].size : gridShape(linear.out, linear.in, options).groups
}

/** What a `ClipLearner` holds: clips, gradient, two moments, and ends or lines. */
function clipShapes(linear: LinearSpec, options: GridChoice): Shape[] {
  const { out, in: columns } = linear
  const pair = [2, out, groupsOf(linear, options)]
  const type = gridOf(options.grid, linear)
  return [pair, pair, pair, pair, ...(type ? learningShapes(out, columns, blockGrids[type]) : [pair])]
}

/** Steps and zeros. */
const gridShapes = (linear: LinearSpec, options: GridChoice): Shape[] =>
  Array.from({ length: 2 }, () => [linear.out, groupsOf(linear, options)])

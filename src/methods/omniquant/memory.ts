import { codeWords } from '../../formats/affine'
import type { LinearSpec } from '../../models/spec'
import { type GridOptions, gridShape } from '../affine'
import type { MethodMemory, Shape } from '../memory'

/** Shapes of everything that OmniQuant holds at its fullest moments. */
export const omniquantMemory = (options: GridOptions & { readonly batch: number }): MethodMemory => ({
  ...{ together: true, throughout: [], kept: () => [], stage: () => [], plan: null },
  reconstruction: {
    perWeight: (linear) => clipShapes(linear, options),
    after: (linear) => gridShapes(linear, options),
    ...{ batch: options.batch, hessians: false },
  },
  linear: ({ out, in: columns }) => [
    { weights: [[out, columns], [codeWords([{ bits: options.bits, columns }], out)], [columns]] },
  ],
})

const groupsOf = ({ out, in: columns }: LinearSpec, options: GridOptions) => gridShape(out, columns, options).groups

/** What `LwcLearner` holds: clips, ends, gradient and two moments. */
const clipShapes = (linear: LinearSpec, options: GridOptions): Shape[] =>
  Array.from({ length: 5 }, () => [2, linear.out, groupsOf(linear, options)])

/** Steps and zeros. */
const gridShapes = (linear: LinearSpec, options: GridOptions): Shape[] =>
  Array.from({ length: 2 }, () => [linear.out, groupsOf(linear, options)])

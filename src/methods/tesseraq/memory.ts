import { baseWords } from '../../kernels/soft-rounding'
import type { LinearSpec } from '../../models/spec'
import type { MethodMemory, Shape } from '../memory'
import type { TesseraqOptions } from './options'

/** What `RoundingLearner` and its grid hold of a linear, beside its weights. */
export function roundingShapes({ out, in: columns }: LinearSpec, { groupSize }: TesseraqOptions): Shape[] {
  const groups = groupSize === -1 ? 1 : Math.ceil(columns / groupSize)
  const cells = [out, groups]
  return [
    ...[
      [out, baseWords(columns)],
      [out, columns],
      [out, columns, 2],
    ],
    ...[cells, cells, cells, cells, [out, groups, 2], [3 * groups + 2 * columns]],
  ]
}

export const tesseraqMemory = (options: TesseraqOptions): MethodMemory => ({
  ...{ together: true, throughout: [], kept: () => [], stage: () => [], plan: null },
  linear: (linear) => [{ weights: roundingShapes(linear, options) }],
})

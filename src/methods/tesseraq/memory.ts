import { codeWords } from '../../formats/affine'
import type { Width } from '../../formats/quantized'
import { baseWords } from '../../kernels/soft-rounding'
import type { LinearSpec } from '../../models/spec'
import { scaleSearchMoments } from '../awq/memory'
import type { MethodMemory, Shape } from '../memory'
import { mgptqMemory } from '../mgptq/memory'
import { allocating, type TesseraqOptions } from './options'

/** Shapes of everything that tesseraq.ts holds at its fullest moments. */
export function tesseraqMemory(options: TesseraqOptions): MethodMemory {
  const mixed = options.allocation === 'mg-ptq'
  const learned = (linear: LinearSpec) => learnedShapes(linear, options)
  return {
    ...{ together: true, throughout: [], kept: () => [], stage: () => [] },
    plan: mixed ? mgptqMemory(allocating(options)).plan : null,
    ...((mixed ? options.scaling : options.init === 'awq') && { block: scaleSearchMoments }),
    reconstruction: { perWeight: learned, after: learned, batch: options.batch, hessians: true },
    linear: ({ out, in: columns }) => [
      { weights: [[out, columns], [codeWords([{ bits: Math.ceil(options.bits) as Width, columns }], out)], [columns]] },
    ],
  }
}

/** What `RoundingLearner` and its grid hold of a linear. */
function learnedShapes({ out, in: columns }: LinearSpec, { groupSize, allocation, init }: TesseraqOptions): Shape[] {
  const groups = groupSize === -1 ? 1 : Math.ceil(columns / groupSize)
  const cells = [out, groups]
  const weights = [out, columns]
  const own = allocation === 'uniform' && init === 'gptq' ? [weights] : []
  const table = [3 * groups + 2 * columns]
  return [...own, [out, baseWords(columns)], weights, [...weights, 2], [...cells, 4], [...cells, 2], table]
}

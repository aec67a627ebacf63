import type { SignLinear } from '../../formats/quantized'
import { countBits } from '../../formats/sign-check'
import type { PublishedBits } from '../../records'
import { factoring, factorShapes } from '../memory'
import type { Method } from '../method'
import { alongFactors } from '../stages'
import { collectBillm, planeShapes } from './collect'
import { type BillmOptions, presets, schema } from './options'
import { levelShape, recordBillm, workingShapes } from './search'

/** BiLLM, Huang et al. 2024 (arXiv 2402.04291), as the authors' code has it. */
export const billm: Method<BillmOptions> = {
  id: 'billm',
  title: 'BiLLM',
  summary: 'Near one bit: a sign a weight in two groups of magnitudes a block, a second sign for salient columns.',
  schema,
  presets,
  needsCalibration: true,
  memory: (options) => ({
    ...{ together: true, throughout: [], kept: factorShapes, plan: null },
    stage: ([first]) => [factoring(first!.in)],
    linear: ({ out, in: columns }) => {
      const left = [[out, columns], levelShape(out, columns, options.blockSize)]
      return [
        { weights: [...left, ...workingShapes(out, columns)] },
        { weights: [...left, ...planeShapes(out, columns)] },
      ]
    },
  }),
  quantize(block, options) {
    const { gpu } = block
    return alongFactors(block, options, async (spec, factor) => {
      const codes = gpu.alloc([spec.out, spec.in], 'u32', 'codes')
      const levels = gpu.alloc(levelShape(spec.out, spec.in, options.blockSize), 'f32', 'levels')
      const rec = gpu.record()
      recordBillm(gpu, rec, block.weight(spec), factor, { codes, levels }, options)
      await gpu.submit(rec)
      const linear = await collectBillm(gpu, block.nameOf(spec), { codes, levels }, factor.order, options.blockSize)
      gpu.free(codes, levels)
      return { linear, published: publishedBits(linear) }
    })
  },
}

/** The paper's count: a second bit for salient columns, nothing else. */
function publishedBits({ in: columns, columns: salient }: SignLinear): PublishedBits {
  return {
    weight: 1 + (salient ? countBits(salient.mask) / columns : 0),
    scale: 0,
    why: 'Left out: which group a weight belongs to, which columns are salient, and all levels.',
  }
}

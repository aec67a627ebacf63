import type { SignLinear } from '../../formats/quantized'
import { countBits } from '../../formats/sign-check'
import type { Hessian } from '../../linalg/hessian'
import type { PublishedBits } from '../../records'
import { factorize, freeFactor } from '../factor'
import { factoring, factorShapes } from '../memory'
import type { BlockContext, Method, QuantizedModule } from '../method'
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
  async *quantize(block, options) {
    const stages = [...new Set(block.model.linears.map((linear) => linear.stage))]
    for (const [stage, hessian] of await block.hessians(stages)) yield* quantizeStage(block, options, stage, hessian)
  },
}

/** All linears that read the same input share H and its factor. */
async function* quantizeStage(
  block: BlockContext,
  options: BillmOptions,
  stage: number,
  hessian: Hessian,
): AsyncGenerator<QuantizedModule> {
  const { gpu } = block
  const factor = await factorize(gpu, hessian, options.damping)
  for (const spec of block.model.linears.filter((linear) => linear.stage === stage)) {
    block.checkCancelled()
    const codes = gpu.alloc([spec.out, spec.in], 'u32', 'codes')
    const levels = gpu.alloc(levelShape(spec.out, spec.in, options.blockSize), 'f32', 'levels')
    const rec = gpu.record()
    recordBillm(gpu, rec, block.weight(spec), factor, { codes, levels }, options)
    await gpu.submit(rec)
    const linear = await collectBillm(gpu, block.nameOf(spec), { codes, levels }, factor.order, options.blockSize)
    gpu.free(codes, levels)
    const { damping, dead: deadColumns, warnings } = factor
    yield { spec, linear, damping, deadColumns, warnings, published: publishedBits(linear) }
  }
  freeFactor(gpu, factor)
}

/** The paper's count: a second bit for salient columns, nothing else. */
function publishedBits({ in: columns, columns: salient }: SignLinear): PublishedBits {
  return {
    weight: 1 + (salient ? countBits(salient.mask) / columns : 0),
    scale: 0,
    why: 'Left out: which group a weight belongs to, which columns are salient, and all levels.',
  }
}

import type { SignLinear } from '../../formats/quantized'
import type { PublishedBits } from '../../records'
import { factoring, factorShapes } from '../memory'
import type { Method } from '../method'
import { alongFactors } from '../stages'
import { collectPbllm, planeShapes } from './collect'
import { type PbllmOptions, schema } from './options'
import { allocBinarized, cellColumns, leftShapes, recordPbllm, workingShapes } from './rounding'

/** PB-LLM, Shang et al. 2023 (arXiv 2310.00034): its GPTQ mode, as the authors' code has it. */
export const pbllm: Method<PbllmOptions> = {
  id: 'pb-llm',
  title: 'PB-LLM',
  summary: 'Keeps a tenth of the weights at 8 bits, with their places, and of all others the sign.',
  schema,
  needsCalibration: true,
  memory: ({ groupSize }) => ({
    ...{ together: true, throughout: [], kept: factorShapes, plan: null },
    stage: ([first]) => [factoring(first!.in)],
    linear: ({ out, in: columns }) => {
      const left = leftShapes(out, columns, groupSize)
      return [
        { weights: [...left, ...workingShapes(out, columns, groupSize)] },
        { weights: [...left, ...planeShapes(out, columns)] },
      ]
    },
  }),
  quantize(block, options) {
    const { gpu } = block
    return alongFactors(block, options, async (spec, factor) => {
      const left = allocBinarized(gpu, spec.out, spec.in, options.groupSize)
      const rec = gpu.record()
      recordPbllm(gpu, rec, block.weight(spec), factor, left, options)
      await gpu.submit(rec)
      const cells = { blockColumns: cellColumns(spec.in, options.groupSize), bits: options.salientBits }
      const linear = await collectPbllm(gpu, block.nameOf(spec), left, factor.order, cells)
      gpu.free(left.codes, left.levels, left.steps, left.zeros)
      return { linear, published: publishedBits(linear) }
    })
  },
}

/** The paper's count: codes of salient weights, a bit for all others. */
function publishedBits({ out, in: columns, sparse }: SignLinear): PublishedBits {
  const part = sparse ? sparse.count / (out * columns) : 0
  return {
    weight: 1 - part + part * (sparse?.bits ?? 0),
    scale: 0,
    why: 'Left out: which weights are salient, and all scales and levels.',
  }
}

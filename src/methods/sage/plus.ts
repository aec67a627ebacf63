import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { GPTQ_BLOCK } from '../../kernels/quantize'
import { sageBlock } from '../../kernels/sign-block'
import { recordColumns } from '../columns'
import type { Factor } from '../factor'
import { factoring, factorShapes } from '../memory'
import type { Method } from '../method'
import { alongFactors } from '../stages'
import type { Fit } from './fit'
import { compensationMoments, fitMoments, storeMoments } from './memory'
import { plusSchema, presets, type SagePlusOptions } from './options'
import { describeLinear, fitLinear } from './sage'
import { collectSigns, nearestCodes } from './store'

/** Beyond the paper: SAGE-PTQ's split, groups and scales, and codes chosen column after column as GPTQ does. */
export const sagePlus: Method<SagePlusOptions> = {
  id: 'sage-plus',
  title: 'SAGE-PTQ+',
  summary:
    'SAGE-PTQ whose codes are chosen column after column, each error absorbed by the columns behind, as in GPTQ; needs data.',
  schema: plusSchema,
  presets,
  needsCalibration: true,
  memory: (options) => ({
    ...{ together: true, throughout: [], kept: factorShapes, plan: null },
    stage: ([first]) => [factoring(first!.in)],
    linear: (linear) => [
      ...fitMoments(linear, options),
      ...compensationMoments(linear, options),
      ...storeMoments(linear, options),
    ],
  }),
  quantize(block, options) {
    const { gpu } = block
    return alongFactors(block, options, async (spec, factor) => {
      const fitted = await fitLinear(block, spec, options)
      const codes = await nearestCodes(gpu, fitted.fit, options)
      const rec = gpu.record()
      recordCompensation(gpu, rec, fitted.fit, factor, codes, options)
      await gpu.submit(rec)
      const signs = await collectSigns(gpu, block.nameOf(spec), codes, fitted.scales, options)
      const {
        linear,
        published = null,
        grouping = null,
        warnings,
      } = await describeLinear(gpu, spec, signs, fitted, options)
      fitted.fit.free()
      return { linear, published, grouping, warnings }
    })
  },
}

/**
 * GPTQ's column loop under levels that do not move: which weights are salient and all scales are those of the original
 * matrix, only signs, groups and codes follow what a weight has absorbed.
 *
 * @param codes u32 [rows, columns]: of the original weights; those of the compensated ones going out
 */
function recordCompensation(
  gpu: Gpu,
  rec: Recorder,
  { w: original, levels, alphas, groups, shape: { rows, columns } }: Fit,
  factor: Factor,
  codes: Tensor,
  { salientBits }: SagePlusOptions,
): void {
  const matrix = { rows, columns, cellColumns: columns, cells: 1, top: 2 ** salientBits - 1 }
  recordColumns(gpu, rec, original, factor, GPTQ_BLOCK, ({ w, errors, u, ...place }) =>
    rec.run(sageBlock(rec.traits.software, groups), { w, u, codes, errors, levels, alphas }, { ...matrix, ...place }),
  )
}

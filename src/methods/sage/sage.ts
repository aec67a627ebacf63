import type { SignLinear } from '../../formats/quantized'
import type { Gpu } from '../../gpu/device'
import type { LinearSpec } from '../../models/spec'
import { randomFrom } from '../../random'
import type { BlockContext, Method, QuantizedModule } from '../method'
import { Fit } from './fit'
import { findGroups, type Grouping } from './grouping'
import { sageMemory } from './memory'
import { presets, type SageOptions, schema } from './options'
import { groupingRecord } from './record'
import { findRatio, firstRatio, publishedBits } from './saliency'
import { sampleInliers } from './sample'
import { collectSigns, nearestCodes, type StoredScales, storeScales } from './store'

/** SAGE-PTQ (arXiv 2606.05429), reconstructed from what is public of it. */
export const sage: Method<SageOptions> = {
  id: 'sage',
  title: 'SAGE-PTQ',
  summary:
    'One sign a weight, amplitudes by spectral clustering of magnitudes, and a few salient weights of more bits; from the weights alone.',
  schema,
  presets,
  needsCalibration: false,
  memory: sageMemory,
  async *quantize(block, options) {
    for (const spec of block.model.linears) {
      await block.checkpoint()
      const fitted = await fitLinear(block, spec, options)
      const codes = await nearestCodes(block.gpu, fitted.fit, options)
      const linear = await collectSigns(block.gpu, block.nameOf(spec), codes, fitted.scales, options)
      const module = await describeLinear(block.gpu, spec, linear, fitted, options)
      fitted.fit.free()
      yield { ...module, damping: null, deadColumns: 0 }
    }
  },
}

/** A matrix split, grouped and fitted, with its scales as they are stored. */
export interface Fitted {
  readonly fit: Fit
  readonly grouping: Grouping
  readonly scales: StoredScales
}

/** (S1 to S9) of one linear. The fit is the caller's to free. */
export async function fitLinear(block: BlockContext, spec: LinearSpec, options: SageOptions): Promise<Fitted> {
  const { gpu } = block
  const name = block.nameOf(spec)
  const random = randomFrom(block.seed + 1000 * block.layer + block.model.linears.indexOf(spec))
  const fit = await Fit.of(gpu, name, block.weight(spec), options)
  const first = firstRatio(options)
  const grouping = await groupInliers(gpu, fit, first, options, random)
  fit.setGroups(grouping.amplitudes.length)
  const errorAt = (p: number) => {
    block.checkCancelled()
    return fit.errorAt(p, grouping.amplitudes)
  }
  const p = options.saliency === 'given' ? first : await findRatio(errorAt, fit.groups, options)
  await errorAt(p)
  return { fit, grouping, scales: await storeScales(gpu, fit) }
}

/** (S2 to S4) at the ratio p₀; the number of groups then stays. */
async function groupInliers(
  gpu: Gpu,
  fit: Fit,
  p: number,
  options: SageOptions,
  random: () => number,
): Promise<Grouping> {
  // one amplitude needs no graph: it is a mean, whatever it starts from
  if (options.groups === 1) return { amplitudes: [fit.statistics.deviation], silhouettes: [], sample: null }
  const rec = gpu.record()
  rec.clear(fit.levels)
  fit.recordSplit(rec, p)
  await gpu.submit(rec)
  const samples = await sampleInliers(gpu, fit, p, options, random)
  return findGroups(gpu, samples, options, random)
}

/** What a run keeps of a finished linear. */
export async function describeLinear(
  gpu: Gpu,
  spec: LinearSpec,
  linear: SignLinear,
  { fit, grouping, scales }: Fitted,
  { groups, salientBits }: SageOptions,
): Promise<Omit<QuantizedModule, 'damping' | 'deadColumns'>> {
  const salient = (linear.sparse?.count ?? 0) / (spec.out * spec.in)
  const vanished = fit.statistics.energy > 0 && scales.levels.every((level) => level === 0)
  const warnings = [
    ...(groups > linear.groups ? [`${linear.groups} amplitudes for ${groups}: there are no more magnitudes`] : []),
    ...(vanished ? ['all amplitudes are below the least float16: what is not salient is stored as 0'] : []),
  ]
  return {
    ...{ spec, linear, warnings },
    published: {
      ...{ weight: publishedBits(salient, salientBits), scale: 16 / spec.in },
      why: 'It counts neither the group of each weight nor where the salient weights are.',
    },
    grouping: await groupingRecord(gpu, fit, grouping, scales, salient),
  }
}

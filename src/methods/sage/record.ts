import type { Gpu } from '../../gpu/device'
import { SPREAD, spreadOf } from '../../kernels/saliency'
import type { GroupingRecord } from '../../records'
import type { Fit } from './fit'
import type { Grouping } from './grouping'
import type { StoredScales } from './store'

/** How far beyond the threshold of salient weights the spread of magnitudes reaches. */
const BEYOND = 1.5

/** What there is to see of a linear's split and groups. */
export async function groupingRecord(
  gpu: Gpu,
  fit: Fit,
  { silhouettes, sample }: Grouping,
  { levels }: StoredScales,
  salient: number,
): Promise<GroupingRecord> {
  const [bits = 0] = await gpu.readU32(fit.selection)
  const score = new Float32Array(Uint32Array.of(bits).buffer)[0]!
  const threshold = score * fit.statistics.deviation
  const amplitudes = [...levels.subarray(1)]
  return {
    ...{ threshold, salient, amplitudes, silhouettes, sample },
    boundaries: amplitudes.slice(1).map((mu, k) => (mu + amplitudes[k]!) / 2),
    histogram: await spread(gpu, fit, levels[0]!, BEYOND * threshold || 2 * amplitudes.at(-1)! || 1),
  }
}

async function spread(gpu: Gpu, { w, shape }: Fit, center: number, most: number): Promise<GroupingRecord['histogram']> {
  const bins = gpu.alloc([SPREAD], 'u32')
  const rec = gpu.record()
  rec.clear(bins)
  const count = shape.rows * shape.columns
  rec.run(spreadOf(rec.traits.software), { w, bins }, { count, center, steps: SPREAD / most })
  await gpu.submit(rec)
  const counts = await gpu.readU32(bins)
  gpu.free(bins)
  return { most, counts }
}

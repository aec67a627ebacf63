import type { Width } from '../../formats/quantized'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { recordCandidateErrors } from '../candidate-errors'
import type { Factor } from '../factor'
import { type ColumnStatistics, columnStatistics, type LayerMatrices } from './statistics'

/** What every column of a linear would lose at every candidate width. */
export interface Evidence {
  /** f32 [K, n]: Σᵣ ωᵣ·(w_rj − Q_k(w)_rj)², without compensation. */
  readonly table: Tensor
  /** f32 [n]: 1/U_jj², what a squared error in column j costs once the columns behind have absorbed their part. */
  readonly importance: Tensor
  readonly statistics: ColumnStatistics
  /** [n, K]: table / U_jj², non-increasing with the width; 0 where a column is dead. */
  readonly costs: Float32Array<ArrayBuffer>
}

/** f32 [n]: 1/U_jj². */
export const importanceOf = (gpu: Gpu, { factor }: ColumnStatistics): Tensor =>
  gpu.upload(Float32Array.from(factor, (pivot) => 1 / pivot ** 2))

/**
 * @param factor in original order
 * @param emphasis f32 [rows]: ω, what a squared error of each output costs; all 1 when missing
 */
export async function gatherEvidence(
  gpu: Gpu,
  matrices: LayerMatrices,
  { inputs }: Factor,
  { widths, search, emphasis }: { widths: readonly Width[]; search: boolean; emphasis: Tensor | undefined },
): Promise<Evidence> {
  const statistics = await columnStatistics(gpu, matrices)
  const importance = importanceOf(gpu, statistics)
  const rec = gpu.record()
  const { table } = recordCandidateErrors(gpu, rec, matrices.weights, {
    ...{ widths, errors: 'drop', search, importance },
    ...(emphasis ? { rowWeights: emphasis } : {}),
  })
  await gpu.submit(rec)
  const losses = await gpu.readF32(table)
  const u = statistics.factor
  const n = u.length
  const costs = new Float32Array(n * widths.length)
  for (let j = 0; j < n; j++) {
    let least = Number.POSITIVE_INFINITY
    for (let k = 0; k < widths.length; k++) {
      least = Math.min(least, losses[k * n + j]! / u[j]! ** 2)
      costs[j * widths.length + k] = inputs[j] === 0 ? 0 : least
    }
  }
  return { table, importance, statistics, costs }
}

export const freeEvidence = (gpu: Gpu, { table, importance }: Evidence): void => gpu.free(table, importance)

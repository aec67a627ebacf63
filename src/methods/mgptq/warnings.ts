import type { Gpu } from '../../gpu/device'
import type { Panels } from '../../linalg/panels'
import { weightedSums } from './graph'
import type { TrainingSignals } from './signals'
import type { ColumnStatistics } from './statistics'

/** Bits by which the network's own choice may miss the target. */
const RAW_MISS = 0.5
/** Edges that weigh less than this part of a node's own weight tell nothing. */
const FAINT = 0.02

/** What a person should know of a training run, in words. `upper` is null where there was no graph. */
export async function trainingWarnings(
  gpu: Gpu,
  { rawMiss, collapsed, oscillating }: TrainingSignals,
  upper: Panels | null,
  statistics: ColumnStatistics,
): Promise<string[]> {
  const faint = upper !== null && (await edgeShare(gpu, upper, statistics)) < FAINT
  return [
    ...(Math.abs(rawMiss) > RAW_MISS
      ? [
          `the network's own choice missed the target by ${rawMiss.toFixed(2)} bits and the projection decided: raise α or train longer`,
        ]
      : []),
    ...(collapsed ? ['the network gave all columns the same width: lower α or the learning rate'] : []),
    ...(oscillating ? ['the loss still swings: lower the learning rate or the noise'] : []),
    ...(faint ? ['the inputs are nearly uncorrelated: the graph tells nothing, as good as a network without one'] : []),
  ]
}

/** Mean over columns of Σ_{j>i} |U_ij| / U_ii. */
async function edgeShare(gpu: Gpu, upper: Panels, { factor }: ColumnStatistics): Promise<number> {
  const n = factor.length
  const rows = await weightedSums(gpu, upper, new Float64Array(n).fill(1))
  return rows.reduce((sum, value, i) => sum + value / factor[i]! - 1, 0) / n
}

import type { Columns } from './columns'
import { meanBits } from './columns'

export interface AllocationStatistics {
  /** [K] Columns at each candidate. */
  readonly histogram: readonly number[]
  /** Weighted mean, in bits. */
  readonly mean: number
  /** −Σ p_k log2 p_k over the histogram's shares, in bits: 0 when all columns have one width, log2 K when all are as many. */
  readonly entropy: number
}

export function allocationStatistics(choice: Uint8Array, columns: Columns): AllocationStatistics {
  const histogram = new Array<number>(columns.candidates.length).fill(0)
  for (const k of choice) histogram[k]!++
  const entropy = histogram.reduce((sum, count) => {
    const share = count / choice.length
    return share > 0 ? sum - share * Math.log2(share) : sum
  }, 0)
  return { histogram, mean: meanBits(choice, columns), entropy }
}

/** [n] The widths of a choice, in bits. */
export const widthsOf = (choice: Uint8Array, { candidates }: Pick<Columns, 'candidates'>): Uint8Array =>
  choice.map((k) => candidates[k]!)

import type { PositionBin } from '../measurement-records'
import { mean } from './statistics'

/** Bins of positions at most: enough for a curve, few enough for a report. */
const MOST = 48

/**
 * Mean losses by the position of the predicted token in its window, positions in bins that widen with the context: what is
 * known of them grows with its logarithm.
 *
 * @param losses of `windows` windows, one after another, each with positions `first`, `first` + 1, …
 */
export function lossByPosition(losses: Float32Array | Float64Array, windows: number, first: number): PositionBin[] {
  const positions = losses.length / windows
  const at = Float64Array.from({ length: positions }, (_, i) =>
    mean(Float64Array.from({ length: windows }, (_, w) => losses[w * positions + i]!)),
  )
  return edges(positions).map(([from, to]) => ({
    ...{ from: first + from, to: first + to - 1, nll: mean(at.subarray(from, to)) },
  }))
}

/** Half-open ranges that cover 0 … count, each at least one wide, by factors. */
function edges(count: number): [number, number][] {
  const factor = count ** (1 / Math.min(MOST, count))
  const ranges: [number, number][] = []
  for (let from = 0, edge = 1; from < count; edge *= factor) {
    const to = Math.min(count, Math.max(from + 1, Math.round(edge)))
    if (Math.round(edge) <= from) continue
    ranges.push([from, to])
    from = to
  }
  return ranges
}

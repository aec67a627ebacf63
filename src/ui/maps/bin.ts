import { type Bins, binRange } from '../../pipeline/matrix/bins'

/**
 * Columns to pixels. A matrix has up to tens of thousands of columns, a strip a few hundred pixels: every bin keeps
 * its largest value and where it was, so that a lone outlier column is always seen.
 */
export interface BinnedLane {
  readonly max: Float32Array
  readonly mean: Float32Array
  /** Column of the largest value. */
  readonly at: Uint32Array
}

export function binLane(values: Float32Array, bins: Bins): BinnedLane {
  const max = new Float32Array(bins.count)
  const mean = new Float32Array(bins.count)
  const at = new Uint32Array(bins.count)
  for (let bin = 0; bin < bins.count; bin++) {
    const [first, last] = binRange(bins, bin)
    let largest = Number.NEGATIVE_INFINITY
    let sum = 0
    for (let column = first; column < last; column++) {
      const value = values[column]!
      sum += value
      if (value > largest) {
        largest = value
        at[bin] = column
      }
    }
    max[bin] = largest
    mean[bin] = sum / (last - first)
  }
  return { max, mean, at }
}

/** Share of each bit-width in a bin, most bits first: a lone wide column is a stripe, not an average. */
export interface BitShare {
  readonly bits: number
  readonly share: number
}

/** Widths as colours show them: to the nearest quarter of a bit where they are means over the weights of a column. */
export const shownWidths = (bits: Float32Array): Float32Array =>
  bits.every(Number.isInteger) ? bits : bits.map((width) => Math.round(4 * width) / 4)

export function binBits(bits: Float32Array, bins: Bins): BitShare[][] {
  return Array.from({ length: bins.count }, (_, bin) => {
    const [first, last] = binRange(bins, bin)
    const counts = new Map<number, number>()
    for (let column = first; column < last; column++) {
      const width = bits[column]!
      counts.set(width, (counts.get(width) ?? 0) + 1)
    }
    return [...counts]
      .map(([width, count]) => ({ bits: width, share: count / (last - first) }))
      .sort((a, b) => b.bits - a.bits)
  })
}

/** Pixels below which a stripe is overlooked. */
const VISIBLE = 3

/** Heights in whole pixels that fill `height`; every width present gets enough of them to be seen. */
export function shareHeights(shares: readonly BitShare[], height: number): number[] {
  const heights = shares.map(({ share }) => Math.max(VISIBLE, Math.round(share * height)))
  const widest = heights.indexOf(Math.max(...heights))
  heights[widest]! += height - heights.reduce((sum, part) => sum + part, 0)
  return heights
}

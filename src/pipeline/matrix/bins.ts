/**
 * Places along one axis of a matrix, gathered into bins of a grid that belongs to the matrix: bin b of the grid holds the
 * places [⌊b·step⌋, ⌊(b + 1)·step⌋), wherever the window begins, so that a pan moves bins and never regroups them.
 */
export interface Bins {
  /** Places of the axis. */
  readonly total: number
  /** Places a bin, at least 1. */
  readonly step: number
  /** Index, in the grid, of the first bin shown. */
  readonly first: number
  readonly count: number
}

/** Places shown: [start, end), not always whole ones. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The bins that a span of an axis touches: at most about one a pixel, at most one a place. */
export function binsFor({ start, end }: Span, pixels: number, total: number): Bins {
  const step = Math.max(1, (end - start) / Math.max(1, Math.floor(pixels)))
  const grid = { total, step, first: 0, count: 0 }
  const first = binOf(grid, Math.min(total - 1, Math.max(0, Math.floor(start))))
  return { ...grid, first, count: binOf(grid, Math.min(total, Math.ceil(end)) - 1) - first + 1 }
}

/** What a division of floats may be off. */
const NEAR = 1e-7

const lastBin = (total: number, step: number): number => Math.max(0, Math.ceil(total / step - NEAR) - 1)

/** Where a bin of the grid begins. */
const edge = ({ total, step }: Bins, bin: number): number =>
  bin > lastBin(total, step) ? total : Math.min(total, Math.floor(bin * step + NEAR))

/** Places [first, end) of the shown bin `bin`; never empty. */
export const binRange = (bins: Bins, bin: number): [number, number] => [
  edge(bins, bins.first + bin),
  edge(bins, bins.first + bin + 1),
]

/** Places of all shown bins together. */
export const binsSpan = (bins: Bins): Span => ({
  start: edge(bins, bins.first),
  end: edge(bins, bins.first + bins.count),
})

/** The shown bin that holds a place; below 0 or beyond the last where it is not shown. */
export function binOf(bins: Bins, place: number): number {
  let bin = Math.floor(place / bins.step)
  while (edge(bins, bin) > place) bin--
  while (edge(bins, bin + 1) <= place) bin++
  return bin - bins.first
}

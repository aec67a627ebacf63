/** How far numbers reach: the largest size, and the one that 995 of 1000 stay below. */
export interface Reach {
  readonly largest: number
  readonly most: number
}

/** The largest size of all cells, and the one that 995 of 1000 stay below, from a sample of them. */
export function reachOf(cells: Float32Array): Reach {
  let largest = 0
  for (let i = 0; i < cells.length; i++) {
    const size = Math.abs(cells[i]!)
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size
  }
  const stride = Math.max(1, Math.floor(cells.length / SAMPLE))
  const sample = Float32Array.from({ length: Math.floor(cells.length / stride) }, (_, i) =>
    Math.abs(cells[i * stride]!),
  )
  sample.sort()
  const most = sample[Math.min(sample.length - 1, Math.floor(0.995 * sample.length))] ?? 0
  return { largest, most: most > 0 && most < largest ? most : largest }
}

const SAMPLE = 20_011

/** Means of few weights reach further than those of an overview's cells. */
export const wider = (a: Reach, b: Reach): Reach => ({
  largest: Math.max(a.largest, b.largest),
  most: Math.max(a.most, b.most),
})

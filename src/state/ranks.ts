/** Place of every value among all of them from 1 on; equal values share the mean of their places. */
export function ranksOf(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let first = 0, end = 0; first < order.length; first = end) {
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++
    for (let i = first; i < end; i++) ranks[order[i]!] = (first + end + 1) / 2
  }
  return ranks
}

/** Spearman's ρ: Pearson's correlation of the ranks; null where one side is all the same, or there are fewer than three. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const n = a.length
  if (n < 3) return null
  const [x, y] = [ranksOf(a), ranksOf(b)]
  const middle = (n + 1) / 2
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [x[i]! - middle, y[i]! - middle]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy)
}

/** The value below which a part of them lies, between two of them in proportion; `sorted` rises and is not empty. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const at = part * (sorted.length - 1)
  const below = Math.floor(at)
  const [low, high] = [sorted[below]!, sorted[Math.min(sorted.length - 1, below + 1)]!]
  return low + (high - low) * (at - below)
}

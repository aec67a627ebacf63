/** Slow float64 versions of the steps of SAGE-PTQ (docs/methods/sage.md). */
type Numbers = ArrayLike<number>

/** (S3) For every node the places of its K nearest by brute force, those of lower place first among equals at a window's ends. */
export function nearestReference(values: Numbers, neighbours: number): { first: number[]; distances: number[] } {
  const n = values.length
  const k = Math.min(neighbours, n - 1)
  const first: number[] = []
  const distances: number[] = []
  for (let i = 0; i < n; i++) {
    let best = { start: 0, reach: Number.POSITIVE_INFINITY, sum: 0 }
    for (let start = Math.max(0, i - k); start <= Math.min(i, n - 1 - k); start++) {
      const reach = Math.max(values[i]! - values[start]!, values[start + k]! - values[i]!)
      if (reach >= best.reach) continue
      let sum = 0
      for (let j = start; j <= start + k; j++) sum += Math.abs(values[i]! - values[j]!)
      best = { start, reach, sum }
    }
    first.push(best.start)
    distances.push(best.sum)
  }
  return { first, distances }
}

/** (S4) The dense L_sym of a graph given by its edges. */
export function laplacianReference(n: number, weight: (i: number, j: number) => number): Float64Array {
  const degree = Array.from({ length: n }, (_, i) => {
    let sum = 0
    for (let j = 0; j < n; j++) if (j !== i) sum += weight(i, j)
    return sum
  })
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    if (i === j) return degree[i]! > 0 ? 1 : 0
    const w = weight(i, j)
    return w === 0 ? 0 : -w / Math.sqrt(degree[i]! * degree[j]!)
  })
}

/** (S4) Mean silhouette by its definition. */
export function silhouetteReference(values: Numbers, labels: Numbers): number {
  const n = values.length
  let total = 0
  for (let i = 0; i < n; i++) {
    const sums = new Map<number, { sum: number; count: number }>()
    for (let j = 0; j < n; j++) {
      if (j === i) continue
      const { sum, count } = sums.get(labels[j]!) ?? { sum: 0, count: 0 }
      sums.set(labels[j]!, { sum: sum + Math.abs(values[i]! - values[j]!), count: count + 1 })
    }
    const own = sums.get(labels[i]!)
    if (!own) continue
    const a = own.sum / own.count
    const others = [...sums].filter(([label]) => label !== labels[i]).map(([, { sum, count }]) => sum / count)
    const b = Math.min(...others)
    if (others.length > 0 && Math.max(a, b) > 0) total += (b - a) / Math.max(a, b)
  }
  return total / n
}

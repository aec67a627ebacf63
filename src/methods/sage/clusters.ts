import { componentsOf, type Neighbourhood } from './graph'
import type { Spectrum } from './spectral'

/** Lloyd steps at most; few are needed, the rows lie on a sphere of few dimensions. */
const MOST_STEPS = 100

/**
 * (S4) Labels 0 … G − 1 of the nodes by ascending mean value: k-means on the rows of the G smallest eigenvectors, made unit
 * vectors, started as Ng, Jordan and Weiss (2001) do from rows as near to right angles as there are. A graph of more
 * than G components is cut at its G − 1 widest gaps instead. Null where some cluster stays empty.
 */
export function spectralClusters(
  graph: Neighbourhood,
  { vectors }: Spectrum,
  groups: number,
  random: () => number,
): Uint8Array<ArrayBuffer> | null {
  const n = graph.values.length
  const starts = componentsOf(graph)
  if (starts.length > groups) return cutAtGaps(graph.values, starts, groups)
  if (vectors.length < groups) return null
  const rows = new Float64Array(n * groups)
  for (let i = 0; i < n; i++) {
    let norm = 0
    for (let k = 0; k < groups; k++) norm += vectors[k]![i]! ** 2
    for (let k = 0; k < groups; k++) rows[i * groups + k] = norm > 0 ? vectors[k]![i]! / Math.sqrt(norm) : 0
  }
  return byMean(graph.values, kMeans(rows, n, groups, random), groups)
}

function cutAtGaps(values: Float64Array, starts: readonly number[], groups: number): Uint8Array<ArrayBuffer> {
  const gap = (start: number) => values[start]! - values[start - 1]!
  const cuts = new Set(
    starts
      .slice(1)
      .sort((a, b) => gap(b) - gap(a) || a - b)
      .slice(0, groups - 1),
  )
  let label = 0
  return Uint8Array.from(values, (_, i) => (cuts.has(i) ? ++label : label))
}

/** Lloyd's algorithm on unit rows [n, k] with k clusters. */
function kMeans(rows: Float64Array, n: number, k: number, random: () => number): Uint8Array<ArrayBuffer> {
  const centers = rightAngles(rows, n, k, random)
  const labels = new Uint8Array(n)
  for (let step = 0; step < MOST_STEPS; step++) {
    let moved = false
    const sums = new Float64Array(k * k)
    const counts = new Uint32Array(k)
    for (let i = 0; i < n; i++) {
      let label = 0
      let least = Number.POSITIVE_INFINITY
      for (let c = 0; c < k; c++) {
        let distance = 0
        for (let d = 0; d < k; d++) {
          const difference = rows[i * k + d]! - centers[c * k + d]!
          distance += difference * difference
        }
        if (distance < least) {
          label = c
          least = distance
        }
      }
      moved ||= labels[i] !== label
      labels[i] = label
      counts[label]!++
      for (let d = 0; d < k; d++) sums[label * k + d]! += rows[i * k + d]!
    }
    if (!moved && step > 0) break
    for (let c = 0; c < k; c++)
      for (let d = 0; counts[c]! > 0 && d < k; d++) centers[c * k + d] = sums[c * k + d]! / counts[c]!
  }
  return labels
}

/** A row drawn, then always the one whose largest |cosine| with those before is the least. */
function rightAngles(rows: Float64Array, n: number, k: number, random: () => number): Float64Array<ArrayBuffer> {
  const centers = new Float64Array(k * k)
  const nearest = new Float64Array(n)
  let chosen = Math.min(n - 1, Math.floor(random() * n))
  for (let c = 0; c < k; c++) {
    centers.set(rows.subarray(chosen * k, (chosen + 1) * k), c * k)
    for (let i = 0; i < n; i++) {
      let cosine = 0
      for (let d = 0; d < k; d++) cosine += rows[i * k + d]! * centers[c * k + d]!
      nearest[i] = Math.max(nearest[i]!, Math.abs(cosine))
    }
    chosen = nearest.reduce((least, value, i) => (value < nearest[least]! ? i : least), 0)
  }
  return centers
}

function byMean(values: Float64Array, labels: Uint8Array, groups: number): Uint8Array<ArrayBuffer> | null {
  const means = meansOf(values, labels, groups)
  if (means.some(Number.isNaN)) return null
  const order = [...means.keys()].sort((a, b) => means[a]! - means[b]!)
  const rank = order.reduce((ranks, label, place) => ranks.set(label, place), new Map<number, number>())
  return Uint8Array.from(labels, (label) => rank.get(label)!)
}

/** Mean of the values of every label; NaN where there are none. */
export function meansOf(values: ArrayLike<number>, labels: Uint8Array, groups: number): number[] {
  const [sums, counts] = [new Float64Array(groups), new Float64Array(groups)]
  for (const [i, label] of labels.entries()) {
    sums[label]! += values[i]!
    counts[label]!++
  }
  return Array.from(sums, (sum, label) => sum / counts[label]!)
}

/**
 * (S4) Mean silhouette (b − a)/max(a, b) of clusters of ascending values: a the mean distance to the own cluster, b the
 * least mean distance to another; 0 for who is alone in a cluster. Distances on a line need only sums: n·G operations.
 */
export function silhouette(values: Float64Array, labels: Uint8Array, groups: number): number {
  const n = values.length
  // of each cluster, over the values up to here: how many, and their sum
  const [counts, sums] = [new Float64Array(groups), new Float64Array(groups)]
  const [below, sumBelow] = [new Float64Array(groups), new Float64Array(groups)]
  for (let i = 0; i < n; i++) {
    counts[labels[i]!]!++
    sums[labels[i]!]! += values[i]!
  }
  let total = 0
  for (let i = 0; i < n; i++) {
    const own = labels[i]!
    const u = values[i]!
    let [a, b] = [0, Number.POSITIVE_INFINITY]
    for (let c = 0; c < groups; c++) {
      const above = counts[c]! - below[c]!
      const distance = u * below[c]! - sumBelow[c]! + (sums[c]! - sumBelow[c]!) - u * above
      if (c === own) a = counts[c]! > 1 ? distance / (counts[c]! - 1) : Number.NaN
      else if (counts[c]! > 0) b = Math.min(b, distance / counts[c]!)
    }
    const most = Math.max(a, b)
    if (most > 0 && Number.isFinite(most)) total += (b - a) / most
    below[own]!++
    sumBelow[own]! += u
  }
  return total / n
}

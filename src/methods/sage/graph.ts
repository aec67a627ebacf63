/**
 * (S3) The symmetrised graph of K nearest neighbours among sampled magnitudes. They lie on a line, so the neighbours of a
 * node, in ascending order, are a run around it, and the adjacency is banded.
 */
export interface Neighbourhood {
  /** u, ascending. */
  readonly values: Float64Array<ArrayBuffer>
  /** Node i neighbours left[i] … right[i], itself left out. */
  readonly left: Uint32Array<ArrayBuffer>
  readonly right: Uint32Array<ArrayBuffer>
  /** h, mean distance to a nearest neighbour. */
  readonly scale: number
}

/**
 * @param values u ascending
 * @param first of every node the first of the K + 1 nodes that are itself and its K nearest, never falling
 * @param distances of every node the sum over its K nearest
 */
export function neighbourhood(
  values: ArrayLike<number>,
  first: ArrayLike<number>,
  distances: ArrayLike<number>,
  neighbours: number,
): Neighbourhood {
  const n = values.length
  const left = Uint32Array.from({ length: n }, (_, i) => first[i]!)
  const right = left.map((from) => Math.min(n - 1, from + neighbours))
  // i is a neighbour of all that count it among their nearest
  for (let i = 0; i < n; i++)
    for (let j = first[i]!; j <= Math.min(n - 1, first[i]! + neighbours); j++) {
      left[j] = Math.min(left[j]!, i)
      right[j] = Math.max(right[j]!, i)
    }
  let total = 0
  for (let i = 0; i < n; i++) total += distances[i]!
  const links = n * Math.min(neighbours, n - 1)
  return { values: Float64Array.from(values), left, right, scale: links > 0 ? total / links : 0 }
}

/** In units of h: an edge of e^−200 is none, so that degrees are numbers whose products and quotients are exact enough. */
const FARTHEST = 20

/** A_ij = exp(−(u_i − u_j)²/2h²); where h is 0, whether the values are equal. */
export function affinity({ values, scale }: Neighbourhood, i: number, j: number): number {
  const d = Math.abs(values[i]! - values[j]!)
  if (d === 0) return 1
  return d > FARTHEST * scale ? 0 : Math.exp(-((d / scale) ** 2) / 2)
}

/**
 * Where the nodes begin that nothing links to those before, 0 among them. Of all edges that would span a gap, that
 * between its two ends is there and is the strongest.
 */
export function componentsOf(graph: Neighbourhood): number[] {
  const starts = [0]
  for (let i = 1; i < graph.values.length; i++)
    if (graph.right[i - 1]! < i || affinity(graph, i - 1, i) === 0) starts.push(i)
  return starts
}

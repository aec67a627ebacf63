import { banded, bandedAt, factorizeBanded, solveBanded } from '../../linalg/banded'
import { lanczos } from '../../linalg/lanczos'
import { affinity, componentsOf, type Neighbourhood } from './graph'

/** The smallest eigenvalues of L_sym, ascending, and their vectors over all nodes. */
export interface Spectrum {
  readonly values: readonly number[]
  readonly vectors: readonly Float64Array<ArrayBuffer>[]
}

/** σ of (L_sym + σI)⁻¹, whose largest eigenvalues are the smallest of L_sym and stand far apart. */
const SHIFT = 1e-5
/** Of the largest of them: vectors whose eigenvalues no graph of a sample tells apart may stay mixed. */
const TOLERANCE = 1e-9

/**
 * (S4) L_sym = I − D^(−½)·A·D^(−½): its `count` smallest eigenvalues, by Lanczos on the inverse, which a banded Cholesky
 * factor applies. Components are solved one by one, since each has its own 0.
 */
export function spectrum(graph: Neighbourhood, count: number, random: () => number): Spectrum {
  const n = graph.values.length
  const starts = componentsOf(graph)
  const pairs = starts.flatMap((start, c) => {
    const end = starts[c + 1] ?? n
    const { values, vectors } = component(graph, start, end, Math.min(count, end - start), random)
    return vectors.map((vector, i) => {
      const whole = new Float64Array(n)
      whole.set(vector, start)
      return { value: Math.max(0, 1 / values[i]! - SHIFT), vector: whole }
    })
  })
  pairs.sort((a, b) => a.value - b.value)
  const least = pairs.slice(0, count)
  return { values: least.map(({ value }) => value), vectors: least.map(({ vector }) => vector) }
}

function component(graph: Neighbourhood, start: number, end: number, count: number, random: () => number) {
  const n = end - start
  let band = 0
  const degree = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const [from, to] = [Math.max(start, graph.left[start + i]!), Math.min(end - 1, graph.right[start + i]!)]
    band = Math.max(band, start + i - from)
    for (let j = from; j <= to; j++) if (j !== start + i) degree[i]! += affinity(graph, start + i, j)
  }
  const laplacian = banded(n, band)
  for (let i = 0; i < n; i++) {
    laplacian.rows[bandedAt(laplacian, i, i)] = (degree[i]! > 0 ? 1 : 0) + SHIFT
    for (let j = Math.max(0, graph.left[start + i]! - start); j < i; j++)
      laplacian.rows[bandedAt(laplacian, i, j)] =
        -affinity(graph, start + i, start + j) / Math.sqrt(degree[i]! * degree[j]!)
  }
  factorizeBanded(laplacian)
  return lanczos(n, (x) => solveBanded(laplacian, x), count, { tolerance: TOLERANCE, random })
}

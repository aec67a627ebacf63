import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { matmul } from '../../kernels/gemm'
import { gatherSquare, magnitudeSums, scaleMagnitudes, transpose } from '../../kernels/graph'
import { recordPanelsTimes } from '../../linalg/panel-products'
import { allocLike, type Panels, tensorsOf } from '../../linalg/panels'
import { randomFrom } from '../../random'
import type { GraphRecord } from '../../records'
import type { Adjacency } from './network'
import type { ColumnStatistics, LayerMatrices } from './statistics'

/** Layers of more rows are projected to so many features. */
const MOST_ROWS = 1024
const PROJECTED = 256

/**
 * What a column is known by: its weights (projected at random when there are many), all its weights, or only
 * log H_jj, log U_jj and log ‖w_j‖.
 */
export type Features = 'weights' | 'raw' | 'scalars'

/** Features of a column of so many rows. */
export const featureCount = (kind: Features, rows: number): number =>
  kind === 'scalars' ? 3 : kind === 'raw' || rows <= MOST_ROWS ? rows : PROJECTED

/**
 * X0 [n, features] on the GPU. Weights are divided by their standard deviation; a projection is drawn from the seed,
 * entries N(0, 1/256), which keeps norms and angles of columns nearly (Johnson & Lindenstrauss 1984).
 */
export async function nodeFeatures(
  gpu: Gpu,
  kind: Features,
  weights: Tensor,
  statistics: ColumnStatistics,
  seed: number,
): Promise<Tensor> {
  const [rows, n] = weights.shape as [number, number]
  if (kind === 'scalars') return gpu.upload(scalars(statistics), [n, 3], 'features')
  const scale = statistics.deviation > 0 ? 1 / statistics.deviation : 1
  const rec = gpu.record()
  if (featureCount(kind, rows) === rows) {
    const features = gpu.alloc([n, rows], 'f32', 'features')
    rec.run(transpose, { x: weights, y: features }, { rows, columns: n, scale })
    await gpu.submit(rec)
    return features
  }
  const features = gpu.alloc([n, PROJECTED], 'f32', 'features')
  const projection = gpu.upload(gaussian(rows * PROJECTED, Math.sqrt(1 / PROJECTED), seed), [rows, PROJECTED])
  matmul(rec, { gpu, a: weights, b: projection, c: features, m: n, n: PROJECTED, k: rows, transA: true, alpha: scale })
  await gpu.submit(rec)
  gpu.free(projection)
  return features
}

/** [log H_jj, log U_jj, log ‖w_j‖] a column, each with mean 0 and deviation 1 over the columns. */
export function scalars({ hessian, factor, squares }: ColumnStatistics): Float32Array<ArrayBuffer> {
  const features = new Float32Array(3 * hessian.length)
  const lanes = [hessian, factor, squares.map(Math.sqrt)]
  lanes.forEach((lane, f) => {
    // a column of zeros is told apart by the smallest of the others
    const least = lane.reduce((low, value) => (value > 0 ? Math.min(low, value) : low), Number.POSITIVE_INFINITY)
    const logs = lane.map((value) => (value > 0 ? Math.log(value) : Number.isFinite(least) ? Math.log(least) : 0))
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length
    const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length)
    // equal values differ by rounding only
    const scale = deviation > 1e-9 ? 1 / deviation : 0
    logs.forEach((value, j) => {
      features[3 * j + f] = (value - mean) * scale
    })
  })
  return features
}

/** A matrix of normal numbers with this deviation: S with E[SᵀS] = I where it is 1/√rows. */
export const gaussianTensor = (gpu: Gpu, shape: readonly [number, number], deviation: number, seed: number): Tensor =>
  gpu.upload(gaussian(shape[0] * shape[1], deviation, seed), shape, 'projection')

/** Normal numbers (Box–Muller) with this deviation. */
function gaussian(count: number, deviation: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomFrom(seed)
  return Float32Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  )
}

/**
 * How columns hear of each other (methods E2, E3 and §1.3):
 * - `factor` U / maxᵢ Σⱼ|U_ij|: the factor itself with its signs;
 * - `rows` D⁻¹(|U| + diag|U|), rows that add up to 1;
 * - `symmetric` D^-½ C D^-½ of the correlations C_ij = |H_ij|/√(H_ii H_jj), not triangular.
 */
export type AdjacencyKind = 'factor' | 'rows' | 'symmetric'

/** The adjacency, and how to give back what it takes beside the layer's matrices. */
export async function adjacencyOf(
  gpu: Gpu,
  kind: AdjacencyKind,
  { hessian, upper }: LayerMatrices,
  statistics: ColumnStatistics,
): Promise<{ adjacency: Adjacency; free(): void }> {
  const n = statistics.factor.length
  const ones = new Float64Array(n).fill(1)
  if (kind === 'symmetric') {
    const roots = statistics.hessian.map((value) => 1 / Math.sqrt(value))
    const sums = await weightedSums(gpu, hessian, roots)
    // a dead column, all zeros in H, correlates with itself alone
    const degrees = sums.map((sum, i) => (sum > 0 ? sum * roots[i]! : 1))
    const sides = roots.map((root, i) => root / Math.sqrt(degrees[i]!))
    const loops = sums.map((sum) => (sum > 0 ? 0 : 1))
    return owned(gpu, { matrix: await scaled(gpu, hessian, sides, sides, loops), scale: 1, triangle: undefined })
  }
  const sums = await weightedSums(gpu, upper, ones)
  if (kind === 'factor') {
    const largest = sums.reduce((most, sum) => Math.max(most, sum), 0)
    return { adjacency: { matrix: upper, scale: 1 / largest, triangle: 'upper' }, free: () => {} }
  }
  const left = sums.map((sum, i) => 1 / (sum + statistics.factor[i]!))
  const loops = left.map((value, i) => value * statistics.factor[i]!)
  return owned(gpu, { matrix: await scaled(gpu, upper, left, ones, loops), scale: 1, triangle: 'upper' })
}

const owned = (gpu: Gpu, adjacency: Adjacency) => ({ adjacency, free: () => gpu.free(...tensorsOf(adjacency.matrix)) })

/** Σⱼ |X[i, j]|·weights[j] of each row of X [n, n]. */
export async function weightedSums(gpu: Gpu, panels: Panels, weights: Float64Array): Promise<Float64Array> {
  const n = weights.length
  const [vector, sums] = [gpu.upload(Float32Array.from(weights)), gpu.alloc([n])]
  const rec = gpu.record()
  for (const { tensor: x, first, count } of panels)
    rec.run(magnitudeSums, { x, weights: vector, sums }, { n, first, count })
  await gpu.submit(rec)
  const read = Float64Array.from(await gpu.readF32(sums))
  gpu.free(vector, sums)
  return read
}

async function scaled(gpu: Gpu, panels: Panels, ...[left, right, loops]: [Float64Array, Float64Array, Float64Array]) {
  const n = left.length
  const adjacency = allocLike(gpu, panels, 'adjacency')
  const vectors = [left, right, loops].map((values) => gpu.upload(Float32Array.from(values)))
  const rec = gpu.record()
  for (const [p, { tensor: y, first, count }] of adjacency.entries()) {
    const of = { x: panels[p]!.tensor, left: vectors[0]!, right: vectors[1]!, loops: vectors[2]!, y }
    rec.run(scaleMagnitudes, of, { n, first, count })
  }
  await gpu.submit(rec)
  gpu.free(...vectors)
  return adjacency
}

/** P0 = A·X0 [n, features], computed once: A·X0·W0 = (A·X0)·W0. */
export async function propagate(gpu: Gpu, { matrix, scale, triangle }: Adjacency, features: Tensor): Promise<Tensor> {
  const propagated = gpu.alloc(features.shape, 'f32', 'propagated features')
  const rec = gpu.record()
  recordPanelsTimes(rec, { gpu, panels: matrix, b: features, c: propagated, alpha: scale, triangle })
  await gpu.submit(rec)
  return propagated
}

/** How much of the graph is shown. */
const NODES = 48
const EDGES = 120

/** The strongest edges U_ij/U_ii among the columns of largest saliency ‖w_j‖²/U_jj². */
export async function strongestEdges(
  gpu: Gpu,
  upper: Panels,
  { squares, factor }: ColumnStatistics,
): Promise<GraphRecord> {
  const n = factor.length
  const saliency = squares.map((square, j) => square / factor[j]! ** 2)
  const nodes = Uint32Array.from(
    Array.from(saliency, (_, j) => j)
      .sort((a, b) => saliency[b]! - saliency[a]! || a - b)
      .slice(0, NODES),
  )
  const count = nodes.length
  const [indices, square] = [gpu.upload(nodes), gpu.alloc([count, count])]
  const rec = gpu.record()
  for (const { tensor: x, first, count: rows } of upper)
    rec.run(gatherSquare, { x, nodes: indices, y: square }, { n, count, first, rows })
  await gpu.submit(rec)
  const among = await gpu.readF32(square)
  gpu.free(indices, square)

  const edges = Array.from(among, (value, at) => {
    const [from, to] = [Math.floor(at / count), at % count]
    return { from, to, weight: from === to ? 0 : value / factor[nodes[from]!]! }
  })
    .filter(({ weight }) => weight !== 0)
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, EDGES)
  return {
    nodes,
    from: Uint32Array.from(edges, ({ from }) => from),
    to: Uint32Array.from(edges, ({ to }) => to),
    weight: Float32Array.from(edges, ({ weight }) => weight),
  }
}

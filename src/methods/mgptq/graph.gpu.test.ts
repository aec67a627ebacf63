import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import { whole } from '../../../test/panels'
import type { Gpu } from '../../gpu/device'
import { asPanels, tensorsOf } from '../../linalg/panels'
import { upperFactorOfInverseReference } from '../../reference/linalg'
import { matmulReference } from '../../reference/matmul'
import { adjacencyOf, nodeFeatures, propagate, strongestEdges } from './graph'
import { columnStatistics } from './statistics'

/** A layer of n columns of which one in ten (not the first) is dead, with the factor of its damped Hessian. */
function layer(gpu: Gpu, rows: number, n: number) {
  const dead = (j: number) => j % 10 === 5
  const x = noise(2 * n * n, 1).map((value, i) => (dead(i % n) ? 0 : value))
  const h = Float32Array.from(matmulReference(x, x, { m: n, n, k: 2 * n, transA: true }))
  const w = noise(rows * n, 2).map((value, i) => (dead(i % n) ? 0 : value))
  const damped = h.map((value, i) => (i % (n + 1) === 0 ? (value === 0 ? 1 : value) + 0.1 : value))
  const u = Float32Array.from(upperFactorOfInverseReference(damped, n))
  const matrices = {
    weights: gpu.upload(w, [rows, n]),
    hessian: asPanels(gpu.upload(h, [n, n])),
    upper: asPanels(gpu.upload(u, [n, n])),
  }
  return {
    w,
    h,
    u,
    matrices,
    free: () => gpu.free(matrices.weights, ...tensorsOf([...matrices.hessian, ...matrices.upper])),
  }
}

const column = (a: ArrayLike<number>, rows: number, n: number, j: number) =>
  Array.from({ length: rows }, (_, i) => a[i * n + j]!)
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, x) => total + x, 0)

describe.each([
  [1, 1],
  [7, 13],
  [33, 65],
  [600, 30],
])('a layer of %i rows and %i columns', (rows, n) => {
  it('is told column by column', async () => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const { w, h, u, matrices, free } = layer(gpu, rows, n)
    const { deviation, squares, hessian, factor } = await columnStatistics(gpu, matrices)
    const mean = sum(w) / w.length
    // sums of at most 600 numbers below 1 in float32
    expectClose([deviation], [Math.sqrt(sum(w.map((x) => (x - mean) ** 2)) / w.length)], { atol: 1e-6, rtol: 1e-5 })
    expectClose(
      squares,
      Array.from({ length: n }, (_, j) => sum(column(w, rows, n, j).map((x) => x * x))),
      { rtol: 1e-5 },
    )
    expect([...hessian]).toEqual(Array.from({ length: n }, (_, j) => h[j * (n + 1)]! || 1))
    expect([...factor]).toEqual(Array.from({ length: n }, (_, j) => u[j * (n + 1)]!))
    free()
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('has its weights, divided by their deviation, as features', async () => {
    const gpu = await testGpu()
    const { w, matrices, free } = layer(gpu, rows, n)
    const statistics = await columnStatistics(gpu, matrices)
    const features = await nodeFeatures(gpu, 'weights', matrices.weights, statistics, 1)
    expect(features.shape).toEqual([n, rows])
    const scale = statistics.deviation > 0 ? 1 / statistics.deviation : 1
    expectClose(
      await gpu.readF32(features),
      Array.from({ length: n }, (_, j) => column(w, rows, n, j).map((x) => x * scale)).flat(),
      { rtol: 1e-6 },
    )
    gpu.free(features)
    free()
  })

  it('has three standardised scalars as features', async () => {
    const gpu = await testGpu()
    const { matrices, free } = layer(gpu, rows, n)
    const statistics = await columnStatistics(gpu, matrices)
    const tensor = await nodeFeatures(gpu, 'scalars', matrices.weights, statistics, 1)
    const features = await gpu.readF32(tensor)
    expect(features.every(Number.isFinite)).toBe(true)
    for (const f of [0, 1, 2]) {
      const lane = column(features, n, 3, f)
      expectClose([sum(lane) / n, sum(lane.map((x) => x * x)) / n], [0, n === 1 ? 0 : 1], { atol: 1e-5 })
    }
    // larger inputs are larger features
    const [low, high] = [0, n - 1].sort((a, b) => statistics.hessian[a]! - statistics.hessian[b]!)
    expect(features[3 * high!]!).toBeGreaterThanOrEqual(features[3 * low!]!)
    gpu.free(tensor)
    free()
  })

  it('has three kinds of adjacency, dead columns or not', async () => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const { h, u, matrices, free } = layer(gpu, rows, n)
    const statistics = await columnStatistics(gpu, matrices)
    const rowsOf = (a: ArrayLike<number>) => Array.from({ length: n }, (_, i) => Array.from(a).slice(i * n, i * n + n))
    const magnitudes = rowsOf(u.map(Math.abs))
    const largest = Math.max(...magnitudes.map(sum))
    const own = rowsOf(u).map((row, i) => row.map((x, j) => Math.abs(x) * (i === j ? 2 : 1)))
    const correlations = rowsOf(h).map((row, i) =>
      row.map((x, j) => (i === j ? 1 : Math.abs(x) / Math.sqrt(statistics.hessian[i]! * statistics.hessian[j]!))),
    )
    const degrees = correlations.map(sum)
    const expected = {
      factor: u.map((x) => x / largest),
      rows: own.flatMap((row) => row.map((x) => x / sum(row))),
      symmetric: correlations.flatMap((row, i) => row.map((x, j) => x / Math.sqrt(degrees[i]! * degrees[j]!))),
    }
    const features = noise(n * 4, 3)
    const x0 = gpu.upload(features, [n, 4])
    for (const kind of ['factor', 'rows', 'symmetric'] as const) {
      const { adjacency, free } = await adjacencyOf(gpu, kind, matrices, statistics)
      const { matrix, scale, triangle } = adjacency
      expect(triangle).toBe(kind === 'symmetric' ? undefined : 'upper')
      // sums of n magnitudes and a handful of operations in float32
      const values = (await gpu.readF32(whole(matrix))).map((x) => x * scale)
      expectClose(values, expected[kind], { atol: 1e-6, rtol: 1e-5 })
      const propagated = await propagate(gpu, adjacency, x0)
      const product = matmulReference(expected[kind], features, { m: n, n: 4, k: n })
      expectClose(await gpu.readF32(propagated), product, { atol: 1e-5, rtol: 1e-5 })
      gpu.free(propagated)
      free()
    }
    gpu.free(x0)
    free()
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('shows its strongest edges', async () => {
    const gpu = await testGpu()
    const { u, matrices, free } = layer(gpu, rows, n)
    const statistics = await columnStatistics(gpu, matrices)
    const { nodes, from, to, weight } = await strongestEdges(gpu, matrices.upper, statistics)
    const saliency = (j: number) => statistics.squares[j]! / statistics.factor[j]! ** 2
    expect(nodes.length).toBe(Math.min(48, n))
    expect([...nodes].map(saliency)).toEqual([...nodes].map(saliency).sort((a, b) => b - a))
    expect(weight.length).toBeLessThanOrEqual(120)
    const all = [...nodes].flatMap((i) => [...nodes].map((j) => (i < j ? u[i * n + j]! / u[i * n + i]! : 0)))
    const strongest = all.filter((x) => x !== 0).sort((a, b) => Math.abs(b) - Math.abs(a))
    expectClose(weight, strongest.slice(0, 120), { rtol: 1e-6 })
    weight.forEach((value, e) => {
      const [i, j] = [nodes[from[e]!]!, nodes[to[e]!]!]
      expect(value).toBeCloseTo(u[i * n + j]! / u[i * n + i]!, 5)
    })
    free()
  })
})

it('projects the weights of tall layers, keeping angles, unless asked for raw ones', async () => {
  const gpu = await testGpu()
  const [rows, n] = [1500, 4]
  const { w, matrices, free } = layer(gpu, rows, n)
  const statistics = await columnStatistics(gpu, matrices)
  const [projected, again, raw] = await Promise.all(
    (['weights', 'weights', 'raw'] as const).map((kind) => nodeFeatures(gpu, kind, matrices.weights, statistics, 3)),
  )
  expect([projected!.shape, raw!.shape]).toEqual([
    [n, 256],
    [n, rows],
  ])
  const x = await gpu.readF32(projected!)
  expect(await gpu.readF32(again!)).toEqual(x)
  const gram = (a: ArrayLike<number>, k: number) => matmulReference(a, a, { m: n, n, k, transB: true })
  const columns = Array.from({ length: n }, (_, j) => column(w, rows, n, j).map((v) => v / statistics.deviation)).flat()
  // an inner product of two columns of norm √1500 keeps a deviation of about 1500·√(2/256)
  expectClose(gram(x, 256), gram(columns, rows), { atol: 4 * rows * Math.sqrt(2 / 256) })
  gpu.free(projected, again, raw)
  free()
})

it('takes a layer of zeros', async () => {
  const gpu = await testGpu()
  const { matrices, free } = layer(gpu, 3, 8)
  const zeros = { ...matrices, weights: gpu.upload(new Float32Array(24), [3, 8]) }
  const statistics = await columnStatistics(gpu, zeros)
  for (const kind of ['weights', 'scalars'] as const) {
    const features = await nodeFeatures(gpu, kind, zeros.weights, statistics, 1)
    expect((await gpu.readF32(features)).every(Number.isFinite)).toBe(true)
    gpu.free(features)
  }
  gpu.free(zeros.weights)
  free()
})

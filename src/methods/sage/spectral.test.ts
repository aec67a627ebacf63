import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../random'
import { jacobiEigenReference } from '../../reference/eigen'
import { laplacianReference, nearestReference, silhouetteReference } from '../../reference/sage'
import { meansOf, silhouette, spectralClusters } from './clusters'
import { affinity, componentsOf, type Neighbourhood, neighbourhood } from './graph'
import { spectrum } from './spectral'

const ascending = (values: number[]) => Float64Array.from(values).sort()

function graphOf(values: Float64Array, neighbours: number): Neighbourhood {
  const { first, distances } = nearestReference(values, neighbours)
  return neighbourhood(values, first, distances, neighbours)
}

/** Magnitudes of normal numbers. */
function halfNormal(n: number, seed: number): Float64Array {
  const random = randomFrom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return ascending(Array.from({ length: n }, () => Math.abs(normal())))
}

const islands = ascending([0, 0.1, 0.2, 0.3, 5, 5.1, 5.2, 5.3, 9, 9.1, 9.2, 9.3])

describe('the graph of nearest neighbours', () => {
  it.each([1, 4, 11, 40])('has an edge where one is among the %i nearest of the other', (neighbours) => {
    const values = halfNormal(30, 4)
    const { left, right } = graphOf(values, neighbours)
    const nearest = Array.from(values, (u, i) => {
      const others = [...values.keys()].filter((j) => j !== i)
      others.sort((a, b) => Math.abs(values[a]! - u) - Math.abs(values[b]! - u) || a - b)
      return new Set(others.slice(0, neighbours))
    })
    for (let i = 0; i < values.length; i++)
      for (let j = 0; j < values.length; j++)
        if (i !== j) expect(j >= left[i]! && j <= right[i]!).toBe(nearest[i]!.has(j) || nearest[j]!.has(i))
  })

  it('falls into components where values are far apart, and where all neighbours are equal', () => {
    expect(componentsOf(graphOf(islands, 2))).toEqual([0, 4, 8])
    const equal = graphOf(Float64Array.of(1, 1, 1, 1, 2, 2, 2, 2), 3)
    expect(equal.scale).toBe(0)
    expect(componentsOf(equal)).toEqual([0, 4])
    expect(componentsOf(graphOf(Float64Array.of(3), 5))).toEqual([0])
  })
})

describe('the spectrum', () => {
  it.each<[string, Float64Array, number]>([
    ['a connected graph', halfNormal(70, 7), 12],
    ['components', islands, 2],
    ['equal values', Float64Array.of(1, 1, 1, 1, 1, 2, 2, 2, 2, 2), 3],
    ['two nodes', Float64Array.of(1, 2), 5],
    ['nodes far away', Float64Array.of(...halfNormal(70, 3), 80, 81, 150), 4],
    ['nodes ever farther away', Float64Array.from({ length: 60 }, (_, i) => 1.4 ** i), 2],
  ])('is that of the normalised Laplacian: %s', (_, values, neighbours) => {
    const n = values.length
    const graph = graphOf(values, neighbours)
    const weight = (i: number, j: number) =>
      j !== i && j >= graph.left[i]! && j <= graph.right[i]! ? affinity(graph, i, j) : 0
    const dense = laplacianReference(n, weight)
    const expected = Array.from(jacobiEigenReference(dense, n).values).sort((a, b) => a - b)
    const found = spectrum(graph, 6, randomFrom(1))
    expect(found.values).toHaveLength(Math.min(6, n))
    for (const [i, value] of found.values.entries()) {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-8)
      const vector = found.vectors[i]!
      for (let row = 0; row < n; row++) {
        const product = vector.reduce((sum, x, column) => sum + dense[row * n + column]! * x, 0)
        expect(Math.abs(product - value * vector[row]!)).toBeLessThan(1e-7)
      }
    }
  })
})

it('has no edges too weak to divide by', () => {
  // a pair 30 h apart, whose degrees would be e^−450
  const values = Float64Array.from({ length: 2000 }, (_, i) => i / 1000)
  values.set([10, 10.031], 1998)
  const graph = graphOf(values, 1)
  expect(0.031 / graph.scale).toBeGreaterThan(28)
  expect(componentsOf(graph)).toEqual([0, 1998, 1999])
  const { values: least } = spectrum(graph, 3, randomFrom(1))
  expect(least.every((value) => value < 1e-12)).toBe(true)
})

describe('clusters', () => {
  const clusters = (values: Float64Array, neighbours: number, groups: number) => {
    const graph = graphOf(values, neighbours)
    return spectralClusters(graph, spectrum(graph, groups, randomFrom(2)), groups, randomFrom(3))
  }

  it('are the components where there are as many', () => {
    expect([...clusters(islands, 2, 3)!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
  })

  it('are cut at the widest gaps where there are more components', () => {
    expect([...clusters(islands, 2, 2)!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
  })

  it.each([2, 3, 8])('of magnitudes are %i runs', (groups) => {
    const labels = clusters(halfNormal(600, 1), 30, groups)!
    expect(labels.every((label, i) => i === 0 || label === labels[i - 1] || label === labels[i - 1]! + 1)).toBe(true)
    expect(labels.at(-1)).toBe(groups - 1)
  })

  it('are not more than there are values', () => {
    expect(clusters(Float64Array.of(1, 2, 3), 2, 4)).toBeNull()
    expect(clusters(Float64Array.of(4), 30, 2)).toBeNull()
  })

  it('have the silhouette of its definition', () => {
    const values = halfNormal(60, 2)
    const random = randomFrom(9)
    for (const groups of [2, 3, 5]) {
      const labels = Uint8Array.from(values, () => Math.floor(random() * groups))
      labels[7] = groups // alone
      expect(silhouette(values, labels, groups + 1)).toBeCloseTo(silhouetteReference(values, labels), 12)
    }
    expect(silhouette(islands, clusters(islands, 2, 3)!, 3)).toBeGreaterThan(0.9)
    expect(silhouette(Float64Array.of(1, 1, 1), Uint8Array.of(0, 1, 0), 2)).toBe(0)
  })

  it('have means, NaN where empty', () => {
    expect(meansOf([1, 2, 4], Uint8Array.of(0, 0, 2), 3)).toEqual([1.5, Number.NaN, 4])
  })
})

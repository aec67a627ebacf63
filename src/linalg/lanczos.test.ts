import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random'
import { jacobiEigenReference } from '../reference/eigen'
import { banded, bandedAt, factorizeBanded, solveBanded } from './banded'
import { lanczos } from './lanczos'
import { tridiagonalEigen } from './tridiagonal'

/** A symmetric matrix [n, n] of random numbers within `band` of the diagonal. */
function symmetric(n: number, band: number, seed: number): Float64Array<ArrayBuffer> {
  const random = randomFrom(seed)
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = Math.max(0, i - band); j <= i; j++) a[i * n + j] = a[j * n + i] = 2 * random() - 1
  return a
}

const times = (a: Float64Array, x: Float64Array): Float64Array<ArrayBuffer> =>
  Float64Array.from(x, (_, i) => x.reduce((sum, value, j) => sum + a[i * x.length + j]! * value, 0))

const falling = (values: ArrayLike<number>) => Array.from(values).sort((a, b) => b - a)

/** Largest |A·v − λ·v|. */
const residual = (a: Float64Array, value: number, vector: Float64Array) =>
  Math.max(...times(a, vector).map((product, i) => Math.abs(product - value * vector[i]!)))

describe('eigenvalues', () => {
  it.each([1, 2, 3, 17, 40])('of a tridiagonal matrix of %i rows', (n) => {
    const a = symmetric(n, 1, n)
    const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!)
    const off = Float64Array.from({ length: n - 1 }, (_, i) => a[i * n + i + 1]!)
    const { values, vectors } = tridiagonalEigen(diagonal, off)
    for (const [i, value] of falling(jacobiEigenReference(a, n).values).entries())
      expect(falling(values)[i]).toBeCloseTo(value, 10)
    for (const [i, vector] of vectors.entries()) expect(residual(a, values[i]!, vector)).toBeLessThan(1e-12)
  })

  it.each([
    [1, 1],
    [5, 9],
    [60, 6],
    [90, 4],
  ])('of %i rows, the %i largest by Lanczos', (n, count) => {
    const a = symmetric(n, n, 3)
    const { values, vectors } = lanczos(n, (x) => times(a, x), count, { random: randomFrom(1) })
    const expected = falling(jacobiEigenReference(a, n).values).slice(0, count)
    expect(values).toHaveLength(Math.min(n, count))
    for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 9)
    for (const [i, vector] of vectors.entries()) expect(residual(a, values[i]!, vector)).toBeLessThan(1e-9)
  })

  it('that many directions share, once a subspace is exhausted', () => {
    const { values, vectors } = lanczos(6, (x) => Float64Array.from(x, (v, i) => (i < 4 ? 2 * v : v)), 3, {
      random: randomFrom(2),
    })
    // from a random start two directions are all there is: one of each eigenvalue, then another
    expect(values[0]).toBeCloseTo(2, 12)
    expect(vectors).toHaveLength(3)
  })
})

describe('a banded matrix', () => {
  it.each([
    [1, 0],
    [7, 2],
    [30, 29],
  ])('of %i rows and band %i is solved by its factor', (n, band) => {
    const dense = symmetric(n, band, 5)
    for (let i = 0; i < n; i++) dense[i * n + i]! += 2 * band + 2
    const a = banded(n, band)
    for (let i = 0; i < n; i++)
      for (let j = Math.max(0, i - band); j <= i; j++) a.rows[bandedAt(a, i, j)] = dense[i * n + j]!
    const b = Float64Array.from({ length: n }, (_, i) => Math.sin(i))
    factorizeBanded(a)
    for (const [i, value] of times(dense, solveBanded(a, b)).entries()) expect(value).toBeCloseTo(b[i]!, 12)
  })

  it('that is not positive definite is refused', () => {
    const a = banded(2, 1)
    a.rows.set([0, 1, 2, 1])
    expect(() => factorizeBanded(a)).toThrow('pivot')
  })
})

import { NumericalError } from '../errors'

/** Lower half of a symmetric matrix [n, n] that is 0 beyond `band` places off the diagonal: row i holds columns i − band … i. */
export interface Banded {
  readonly n: number
  readonly band: number
  /** [n, band + 1] */
  readonly rows: Float64Array<ArrayBuffer>
}

export const banded = (n: number, band: number): Banded => ({
  ...{ n, band },
  rows: new Float64Array(n * (band + 1)),
})

/** Where the element of row i and column j ≤ i lies. */
export const bandedAt = ({ band }: Banded, i: number, j: number): number => i * (band + 1) + band - (i - j)

/** Cholesky factor L of A = L·Lᵀ, of the same band, in place; n·band² operations. */
export function factorizeBanded(a: Banded): void {
  const { n, band, rows } = a
  for (let i = 0; i < n; i++)
    for (let j = Math.max(0, i - band); j <= i; j++) {
      let sum = rows[bandedAt(a, i, j)]!
      const first = Math.max(0, i - band, j - band)
      const [left, right] = [bandedAt(a, i, first), bandedAt(a, j, first)]
      for (let k = 0; k < j - first; k++) sum -= rows[left + k]! * rows[right + k]!
      if (i === j && !(sum > 0))
        throw new NumericalError(
          `graph: expected a positive definite Laplacian, got a pivot of ${sum} at node ${i} — look for values that are not finite`,
        )
      rows[bandedAt(a, i, j)] = i === j ? Math.sqrt(sum) : sum / rows[bandedAt(a, j, j)]!
    }
}

/** A⁻¹·b from the factor of A. */
export function solveBanded(l: Banded, b: Float64Array): Float64Array<ArrayBuffer> {
  const { n, band, rows } = l
  const x = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    const first = Math.max(0, i - band)
    const at = bandedAt(l, i, first)
    let sum = x[i]!
    for (let k = 0; k < i - first; k++) sum -= rows[at + k]! * x[first + k]!
    x[i] = sum / rows[bandedAt(l, i, i)]!
  }
  for (let i = n - 1; i >= 0; i--) {
    const value = (x[i]! /= rows[bandedAt(l, i, i)]!)
    const first = Math.max(0, i - band)
    const at = bandedAt(l, i, first)
    for (let k = 0; k < i - first; k++) x[first + k]! -= rows[at + k]! * value
  }
  return x
}

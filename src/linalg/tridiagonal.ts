import { invariant } from '../errors'

/** Eigenvalues of a symmetric matrix and the columns [n] that belong to them. */
export interface Eigen {
  readonly values: Float64Array<ArrayBuffer>
  readonly vectors: readonly Float64Array<ArrayBuffer>[]
}

/** Sweeps that one eigenvalue may take; two or three is usual. */
const MOST_SWEEPS = 60

/**
 * Eigenpairs of the symmetric tridiagonal matrix with this diagonal [n] and off-diagonal [n − 1], in no order: QL with
 * implicit shifts (EISPACK's tql2), in float64.
 */
export function tridiagonalEigen(diagonal: ArrayLike<number>, offDiagonal: ArrayLike<number>): Eigen {
  const n = diagonal.length
  const d = Float64Array.from(diagonal)
  const e = new Float64Array(n)
  e.set(Float64Array.from(offDiagonal).subarray(0, Math.max(0, n - 1)))
  const vectors = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)))
  for (let l = 0; l < n; l++)
    for (let sweep = 0; ; sweep++) {
      let m = l
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++
      if (m === l) break
      invariant(sweep < MOST_SWEEPS, 'an eigenvalue of a tridiagonal matrix did not converge')
      sweepUp(d, e, vectors, l, m)
    }
  return { values: d, vectors }
}

/** One QL sweep over rows l to m, whose shift is the eigenvalue of the leading 2 × 2 block nearest to d[l]. */
function sweepUp(d: Float64Array, e: Float64Array, vectors: Float64Array[], l: number, m: number): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!)
  let g = d[m]! - d[l]! + e[l]! / (half + Math.sign(half || 1) * Math.hypot(half, 1))
  let [s, c, p] = [1, 1, 0]
  for (let i = m - 1; i >= l; i--) {
    const [f, b] = [s * e[i]!, c * e[i]!]
    const r = Math.hypot(f, g)
    e[i + 1] = r
    if (r === 0) {
      // the matrix falls into two: the next sweep sees the upper part alone
      d[i + 1]! -= p
      e[m] = 0
      return
    }
    s = f / r
    c = g / r
    g = d[i + 1]! - p
    const t = (d[i]! - g) * s + 2 * c * b
    p = s * t
    d[i + 1] = g + p
    g = c * t - b
    rotate(vectors[i]!, vectors[i + 1]!, c, s)
  }
  d[l]! -= p
  e[l] = g
  e[m] = 0
}

function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let k = 0; k < x.length; k++) {
    const [a, b] = [x[k]!, y[k]!]
    x[k] = c * a - s * b
    y[k] = s * a + c * b
  }
}

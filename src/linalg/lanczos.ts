import { type Eigen, tridiagonalEigen } from './tridiagonal'

export interface LanczosOptions {
  /** A residual is small where it is below this part of the largest eigenvalue. */
  readonly tolerance?: number
  /** Draws the vector to start from, and one to go on with where a subspace is exhausted. */
  readonly random: () => number
}

/** Steps between looks at the residuals. */
const EVERY = 8

/**
 * The `count` largest eigenvalues of a symmetric operator on n numbers, falling, with unit vectors. Lanczos in float64, every
 * vector made orthogonal to all before it: for operators whose largest eigenvalues stand apart, as those of an inverse
 * do. Of an eigenvalue that several directions share, one is found before an invariant subspace is exhausted, so split
 * what falls into parts beforehand.
 */
export function lanczos(
  n: number,
  apply: (x: Float64Array) => Float64Array<ArrayBuffer>,
  count: number,
  { tolerance = 1e-12, random }: LanczosOptions,
): Eigen {
  const wanted = Math.min(count, n)
  const basis: Float64Array<ArrayBuffer>[] = []
  const alphas: number[] = []
  const betas: number[] = []
  let next = freshDirection(n, basis, random)
  for (;;) {
    basis.push(next)
    const w = apply(next)
    alphas.push(dot(w, next))
    // twice is enough (Kahan): what rounding leaves of the first pass goes in the second
    for (let pass = 0; pass < 2; pass++) for (const v of basis) subtract(w, v, dot(w, v))
    const beta = Math.sqrt(dot(w, w))
    const steps = basis.length
    const scale = Math.max(...alphas.map(Math.abs), ...betas)
    const exhausted = beta <= tolerance * scale
    if (steps === n || (steps >= wanted && (exhausted || steps % EVERY === 0))) {
      const { values, vectors } = tridiagonalEigen(alphas, betas)
      const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, wanted)
      const converged = order.every((i) => beta * Math.abs(vectors[i]![steps - 1]!) <= tolerance * scale)
      if (steps === n || converged)
        return {
          values: Float64Array.from(order, (i) => values[i]!),
          vectors: order.map((i) => combine(basis, vectors[i]!)),
        }
    }
    betas.push(exhausted ? 0 : beta)
    next = exhausted ? freshDirection(n, basis, random) : w.map((value) => value / beta)
  }
}

/** A unit vector orthogonal to the basis. */
function freshDirection(n: number, basis: readonly Float64Array[], random: () => number): Float64Array<ArrayBuffer> {
  const vector = Float64Array.from({ length: n }, () => random() - 0.5)
  for (let pass = 0; pass < 2; pass++) for (const v of basis) subtract(vector, v, dot(vector, v))
  const norm = Math.sqrt(dot(vector, vector))
  return vector.map((value) => value / norm)
}

function combine(basis: readonly Float64Array[], parts: Float64Array): Float64Array<ArrayBuffer> {
  const vector = new Float64Array(basis[0]!.length)
  for (const [i, v] of basis.entries()) subtract(vector, v, -parts[i]!)
  return vector
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** a −= s·b. */
function subtract(a: Float64Array, b: Float64Array, s: number): void {
  for (let i = 0; i < a.length; i++) a[i]! -= s * b[i]!
}

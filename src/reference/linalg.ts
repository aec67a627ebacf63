/** Lower Cholesky factor of a symmetric positive definite matrix [n, n], float64, row-major. */
function choleskyReference(a: ArrayLike<number>, n: number): Float64Array {
  const l = new Float64Array(n * n)
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!
      if (i === j && !(sum > 0)) throw new Error(`pivot ${sum} at column ${j}`)
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!
    }
  return l
}

/** Inverse of a lower triangular matrix [n, n]. */
function lowerInverseReference(l: ArrayLike<number>, n: number): Float64Array {
  const x = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    x[j * n + j] = 1 / l[j * n + j]!
    for (let i = j + 1; i < n; i++) {
      let sum = 0
      for (let k = j; k < i; k++) sum += l[i * n + k]! * x[k * n + j]!
      x[i * n + j] = -sum / l[i * n + i]!
    }
  }
  return x
}

/** U with a⁻¹ = UᵀU, the usual way: Cholesky, explicit inverse, upper Cholesky of the inverse. */
export function upperFactorOfInverseReference(a: ArrayLike<number>, n: number): Float64Array {
  const x = lowerInverseReference(choleskyReference(a, n), n)
  const inverse = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = Math.max(i, j); k < n; k++) inverse[i * n + j]! += x[k * n + i]! * x[k * n + j]!
  const lower = choleskyReference(inverse, n)
  return Float64Array.from({ length: n * n }, (_, at) => lower[(at % n) * n + Math.floor(at / n)]!)
}

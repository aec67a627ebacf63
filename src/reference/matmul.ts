/** C [m,n] = op(A)·op(B) in float64; A is [m,k] or, transposed, [k,m]; B is [k,n] or, transposed, [n,k]. */
export function matmulReference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { m, n, k, transA = false, transB = false }: { m: number; n: number; k: number; transA?: boolean; transB?: boolean },
): Float64Array {
  const c = new Float64Array(m * n)
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let l = 0; l < k; l++) sum += a[transA ? l * m + i : i * k + l]! * b[transB ? j * k + l : l * n + j]!
      c[i * n + j] = sum
    }
  return c
}

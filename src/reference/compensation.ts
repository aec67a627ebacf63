export interface CompensationReference {
  /** U [n, n], upper triangular. */
  readonly u: ArrayLike<number>
  /** C [choices, n]: squared error of each column at each width. */
  readonly table: ArrayLike<number>
  /** a [n]: energy of each column. */
  readonly energy: ArrayLike<number>
}

/**
 * Messages along the Cholesky factor by true substitution: v = a + Mᵀ(ρ∘v), λ = 1/U² + M(ρ∘λ) with M_ij =
 * (U_ij/U_ii)² for i < j; J = Σ ρⱼvⱼ/Uⱼⱼ² of the allocation p [n, choices] and dJ/dp [n, choices].
 */
export function compensationReference({ u, table, energy }: CompensationReference, p: ArrayLike<number>) {
  const n = energy.length
  const choices = table.length / n
  const share = (j: number, k: number) => (energy[j]! > 0 ? Math.min(1, table[k * n + j]! / energy[j]!) : 0)
  const pushed = (i: number, j: number) => (u[i * n + j]! / u[i * n + i]!) ** 2
  const weight = (j: number) => 1 / u[j * n + j]! ** 2

  const parts = new Float64Array(n)
  for (let j = 0; j < n; j++) for (let k = 0; k < choices; k++) parts[j]! += p[j * choices + k]! * share(j, k)
  const v = Float64Array.from(energy)
  for (let j = 0; j < n; j++) for (let i = 0; i < j; i++) v[j]! += pushed(i, j) * parts[i]! * v[i]!
  const lambda = Float64Array.from({ length: n }, (_, j) => weight(j))
  for (let i = n - 1; i >= 0; i--) for (let j = i + 1; j < n; j++) lambda[i]! += pushed(i, j) * parts[j]! * lambda[j]!

  const error = v.reduce((sum, value, j) => sum + parts[j]! * value * weight(j), 0)
  const gradient = Float64Array.from({ length: n * choices }, (_, at) => {
    const j = Math.floor(at / choices)
    return share(j, at % choices) * v[j]! * lambda[j]!
  })
  return { v, lambda, error, gradient }
}

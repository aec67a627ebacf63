import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { CHOLESKY_BLOCK, choleskyBlock } from '../kernels/cholesky'
import { matmul } from '../kernels/gemm'
import { meanDiagonal, reverse, reverseDamped } from '../kernels/matrix'

export interface InverseFactor {
  /** U [n, n], upper triangular, (H + λI)⁻¹ = UᵀU in quantization order. */
  readonly upper: Tensor
  /** λ / mean diag H that was needed. */
  readonly damping: number
}

/** Damping grows tenfold at each failure, from the asked one up to this. */
const MAX_DAMPING = 10

/**
 * The upper Cholesky factor U of (H + λI)⁻¹, which GPTQ walks along, without forming the inverse: with J the index
 * reversal, J(H + λI)J = L·Lᵀ and U = J·L⁻¹·J. Costs n³/3 operations for L and at most 2n³/3 for its inverse.
 *
 * @param h [n, n], symmetric (upper triangle suffices)
 * @param order [n] u32: column of H at each place of the quantization order
 * @param damping λ over the mean of diag H, dead columns counted as 1
 * @throws NumericalError when even the largest damping leaves a pivot that is not positive
 */
export async function inverseFactor(gpu: Gpu, h: Tensor, order: Tensor, damping: number): Promise<InverseFactor> {
  const n = h.shape[0]!
  for (let percent = damping; ; percent = Math.max(percent * 10, 0.01)) {
    const rec = gpu.record()
    const { upper, failed } = recordInverseFactor(gpu, rec, h, order, percent)
    await gpu.submit(rec)
    const status = gpu.readU32(failed)
    gpu.free(failed)
    const [column = 0] = await status
    if (column === 0) return { upper, damping: percent }
    gpu.free(upper)
    if (percent * 10 > MAX_DAMPING)
      throw new NumericalError(
        `Cholesky: expected a positive definite Hessian, got a non-positive pivot at column ${n - column} of ${n} even with ` +
          `${percent}·mean(diag H) added — use more calibration text, or check the weights for huge values`,
      )
  }
}

/**
 * U with the damping as given, and u32 [4] that begins with the column of H whose pivot was not positive, counted from 1 at the
 * end of the order, 0 when there is none: U holds nothing of use then. Both are the caller's to free.
 */
export function recordInverseFactor(
  gpu: Gpu,
  rec: Recorder,
  h: Tensor,
  order: Tensor,
  damping: number,
): Record<'upper' | 'failed', Tensor> {
  const n = h.shape[0]!
  const a = gpu.alloc([n, n], 'f32', 'reversed hessian')
  const l = gpu.alloc([n, n], 'f32', 'cholesky factor')
  const x = gpu.alloc([n, n], 'f32', 'inverse factor')
  const failed = gpu.alloc([4], 'u32')
  rec.clear(failed)
  rec.clear(x)
  const mean = gpu.alloc([1], 'f32', 'mean of the diagonal')
  rec.run(meanDiagonal, { h, mean }, { n })
  rec.run(reverseDamped, { h, order, mean, a }, { n, damping })
  recordCholesky(rec, n, { a, l, x, failed })
  recordInverse(rec, n, { l, x, scratch: a })
  rec.run(reverse, { a: x, b: a }, { n })
  gpu.free(l, x, mean)
  return { upper: a, failed }
}

/**
 * Blocked right-looking Cholesky of the lower triangle of `a` [n, n] (destroyed) into `l`; the inverses of the diagonal
 * blocks go to `x`, which turns each panel solve into a product.
 */
export function recordCholesky(
  rec: Recorder,
  n: number,
  { a, l, x, failed }: Record<'a' | 'l' | 'x' | 'failed', Tensor>,
): void {
  const at = (row: number, column: number) => row * n + column
  /** A[from:, from:to] −= L[from:, first:from]·L[from:to, first:from]ᵀ, of which the lower triangle is needed. */
  const update = (first: number, from: number, to: number) =>
    matmul(rec, {
      ...{ a: l, b: l, c: a, m: n - from, n: to - from, k: from - first, transB: true, lda: n, ldb: n, ldc: n },
      ...{ aOffset: at(from, first), bOffset: at(from, first), cOffset: at(from, from) },
      ...{ region: 'lower', alpha: -1, accumulate: true },
    })
  for (let j = 0; j < n; j += CHOLESKY_BLOCK) {
    rec.run(choleskyBlock(rec.traits.software), { a, l, x, failed }, { n, first: j })
    const below = j + CHOLESKY_BLOCK
    const rows = n - below
    if (rows <= 0) break
    // L₂₁ = A₂₁·L₁₁⁻ᵀ
    matmul(rec, {
      ...{ a, b: x, c: l, m: rows, n: CHOLESKY_BLOCK, k: CHOLESKY_BLOCK, transB: true, lda: n, ldb: n, ldc: n },
      ...{ aOffset: at(below, j), bOffset: at(j, j), cOffset: at(below, j) },
    })
    // The columns of the next block at once; those behind it get what two blocks take off in one product, twice as deep.
    const second = (j / CHOLESKY_BLOCK) % 2 === 1
    if (second) update(j - CHOLESKY_BLOCK, below, n)
    else update(j, below, Math.min(n, below + CHOLESKY_BLOCK))
  }
}

/**
 * x = L⁻¹ [n, n] by doubling: `x` holds the inverted diagonal blocks of size s; two neighbours merge into one of 2s by
 * X₂₁ = −X₂₂·(L₂₁·X₁₁), all pairs of a level at once.
 */
export function recordInverse(
  rec: Recorder,
  n: number,
  { l, x, scratch }: Record<'l' | 'x' | 'scratch', Tensor>,
): void {
  for (let s = CHOLESKY_BLOCK; s < n; s *= 2) {
    const whole = Math.floor(n / (2 * s))
    merge(rec, n, s, s, 0, whole, { l, x, scratch })
    const rest = n - whole * 2 * s - s
    if (rest > 0) merge(rec, n, s, rest, whole, 1, { l, x, scratch })
  }
}

/** Merges `pairs` neighbours of sizes s and `rows`, from pair number `first` on. */
function merge(
  rec: Recorder,
  n: number,
  s: number,
  rows: number,
  first: number,
  pairs: number,
  { l, x, scratch }: Record<'l' | 'x' | 'scratch', Tensor>,
): void {
  if (pairs === 0) return
  const c0 = first * 2 * s
  const r0 = c0 + s
  const stride = 2 * s * (n + 1)
  const strides = { lda: n, ldb: n, ldc: n, batch: pairs, aBatch: stride, bBatch: stride, cBatch: stride }
  const [x11, x22, block21] = [c0 * n + c0, r0 * n + r0, r0 * n + c0]
  matmul(rec, {
    a: l,
    b: x,
    c: scratch,
    m: rows,
    n: s,
    k: s,
    ...strides,
    aOffset: block21,
    bOffset: x11,
    cOffset: block21,
  })
  matmul(rec, {
    ...{ a: x, b: scratch, c: x, m: rows, n: s, k: rows, ...strides, alpha: -1 },
    ...{ aOffset: x22, bOffset: block21, cOffset: block21 },
  })
}

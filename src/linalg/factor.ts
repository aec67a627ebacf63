import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { CHOLESKY_BLOCK, choleskyBlock } from '../kernels/cholesky'
import { matmul } from '../kernels/gemm'
import { meanDiagonal, type PanelShape, reverse, reverseDamped } from '../kernels/matrix'
import { recordDiagonal } from './hessian'
import { allocPanels, asPanels, type Panel, type Panels, panelWith, tensorsOf } from './panels'

export interface InverseFactor {
  /** U [n, n], upper triangular, (H + λI)⁻¹ = UᵀU in quantization order; in panels where it is too large for a binding. */
  readonly upper: Panels
  /** [n]: U_jj in quantization order. */
  readonly pivots: Float32Array<ArrayBuffer>
  /** λ / mean diag H that was needed. */
  readonly damping: number
}

/** Damping grows tenfold at each failure, from the asked one up to this. */
const MAX_DAMPING = 10

/**
 * The upper Cholesky factor U of (H + λI)⁻¹, which GPTQ walks along, without forming the inverse: with J the index
 * reversal, J(H + λI)J = L·Lᵀ and U = J·L⁻¹·J. Costs n³/3 operations for L and at most 2n³/3 for its inverse.
 *
 * @param h [n, n], symmetric (upper triangle suffices), whole or in panels
 * @param order [n] u32: column of H at each place of the quantization order
 * @param damping λ over the mean of diag H, dead columns counted as 1
 * @throws NumericalError when even the largest damping leaves a pivot that is not positive
 */
export async function inverseFactor(
  gpu: Gpu,
  h: Tensor | Panels,
  order: Tensor,
  damping: number,
): Promise<InverseFactor> {
  const [n = 0] = order.shape
  for (let percent = damping; ; percent = Math.max(percent * 10, 0.01)) {
    const rec = gpu.record()
    const { upper, pivots, failed } = recordInverseFactor(gpu, rec, h, order, percent)
    await gpu.submit(rec)
    const told = Promise.all([gpu.readU32(failed), gpu.readF32(pivots)])
    gpu.free(failed, pivots)
    const [[column = 0], read] = await told
    if (column === 0) return { upper, pivots: read, damping: percent }
    gpu.free(...tensorsOf(upper))
    if (percent * 10 > MAX_DAMPING)
      throw new NumericalError(
        `Cholesky: expected a positive definite Hessian, got a non-positive pivot at column ${n - column} of ${n} even with ` +
          `${percent}·mean(diag H) added — use more calibration text, or check the weights for huge values`,
      )
  }
}

/**
 * U with the damping as given, f32 [n] its diagonal, and u32 [4] that begins with the column of H whose pivot was not positive,
 * counted from 1 at the end of the order, 0 when there is none: U holds nothing of use then. All are the caller's to free.
 */
export function recordInverseFactor(
  gpu: Gpu,
  rec: Recorder,
  h: Tensor | Panels,
  order: Tensor,
  damping: number,
): { readonly upper: Panels; readonly pivots: Tensor; readonly failed: Tensor } {
  const [n = 0] = order.shape
  const from = asPanels(h)
  const a = allocPanels(gpu, n, 'reversed hessian')
  const l = allocPanels(gpu, n, 'cholesky factor')
  const x = allocPanels(gpu, n, 'inverse factor')
  const failed = gpu.alloc([4], 'u32')
  rec.clear(failed)
  for (const tensor of tensorsOf(x)) rec.clear(tensor)
  const [mean, pivots] = [gpu.alloc([1], 'f32', 'mean of the diagonal'), gpu.alloc([n], 'f32', 'diagonal')]
  recordDiagonal(rec, from, n, pivots)
  rec.run(meanDiagonal, { d: pivots, mean }, { n })
  for (const to of a)
    for (const of of from) {
      const shape = { n, damping, hFirst: of.first, hCount: of.count, aFirst: to.first, aCount: to.count }
      rec.run(reverseDamped, { h: of.tensor, order, mean, a: to.tensor }, shape)
    }
  recordCholesky(rec, n, { a, l, x, failed })
  recordInverse(rec, n, { l, x, scratch: a })
  for (const to of a)
    for (const of of x) {
      const shape = { n, aFirst: of.first, aCount: of.count, bFirst: to.first, bCount: to.count }
      rec.run(reverse, { a: of.tensor, b: to.tensor }, shape)
    }
  recordDiagonal(rec, a, n, pivots)
  gpu.free(...tensorsOf(l), ...tensorsOf(x), mean)
  return { upper: a, pivots, failed }
}

/**
 * Blocked right-looking Cholesky of the lower triangle of `a` [n, n] (destroyed) into `l`; the inverses of the diagonal
 * blocks go to `x`, which turns each panel solve into a product. All three lie in the same panels.
 */
export function recordCholesky(
  rec: Recorder,
  n: number,
  { a, l, x, failed }: Record<'a' | 'l' | 'x', Panels> & { readonly failed: Tensor },
): void {
  const strides = { lda: n, ldb: n, ldc: n, transB: true }
  /** A[from:, from:to] −= L[from:, first:from]·L[from:to, first:from]ᵀ, of which the lower triangle is needed. */
  const update = (first: number, from: number, to: number) => {
    for (const [q, rows] of partsOf(a, from, n))
      for (const [s, columns] of partsOf(a, from, to).filter(([s]) => s <= q))
        matmul(rec, {
          ...{ a: l[q]!.tensor, b: l[s]!.tensor, c: a[q]!.tensor, m: rows.count, n: columns.count, k: from - first },
          ...{ ...strides, aOffset: at(a[q]!, n, rows.first, first), bOffset: at(a[s]!, n, columns.first, first) },
          ...{ cOffset: at(a[q]!, n, rows.first, columns.first), region: s === q ? 'lower' : 'full' },
          ...{ alpha: -1, accumulate: true },
        })
  }
  for (let j = 0; j < n; j += CHOLESKY_BLOCK) {
    const p = a.indexOf(panelWith(a, j))
    const origin = at(a[p]!, n, j, j)
    const block = { a: a[p]!.tensor, l: l[p]!.tensor, x: x[p]!.tensor, failed }
    rec.run(choleskyBlock(rec.traits.software), block, { n, first: j, origin })
    const below = j + CHOLESKY_BLOCK
    if (below >= n) break
    // L₂₁ = A₂₁·L₁₁⁻ᵀ
    for (const [q, { first, count }] of partsOf(a, below, n))
      matmul(rec, {
        ...{ a: a[q]!.tensor, b: x[p]!.tensor, c: l[q]!.tensor, m: count, n: CHOLESKY_BLOCK, k: CHOLESKY_BLOCK },
        ...{ ...strides, aOffset: at(a[q]!, n, first, j), bOffset: origin, cOffset: at(a[q]!, n, first, j) },
      })
    // The columns of the next block at once; those behind it get what two blocks take off in one product, twice as deep.
    const second = (j / CHOLESKY_BLOCK) % 2 === 1
    if (second) update(j - CHOLESKY_BLOCK, below, n)
    else update(j, below, Math.min(n, below + CHOLESKY_BLOCK))
  }
}

/** Element [row, column] of the whole in the tensor of a panel. */
const at = ({ first }: Panel, n: number, row: number, column: number): number => (row - first) * n + column

interface Rows {
  readonly first: number
  readonly count: number
}

/** What of rows [from, to) lies in each panel, with the panel's number. */
function partsOf(panels: Panels, from: number, to: number): [panel: number, rows: Rows][] {
  return panels
    .map(({ first, count }, p): [number, Rows] => {
      const start = Math.max(from, first)
      return [p, { first: start, count: Math.min(to, first + count) - start }]
    })
    .filter(([, { count }]) => count > 0)
}

/**
 * x = L⁻¹ [n, n], panel by panel; `x` holds the inverted diagonal blocks. The square of a panel on the diagonal by doubling, what
 * is before it as X_p = −X_pp·Σ L_pq·X_q over the panels q above it.
 */
function recordInverse(rec: Recorder, n: number, { l, x, scratch }: Record<'l' | 'x' | 'scratch', Panels>): void {
  for (const [p, { first, count }] of x.entries()) {
    const own = { l: l[p]!.tensor, x: x[p]!.tensor, scratch: scratch[p]!.tensor }
    recordSquareInverse(rec, { n, first, count }, own)
    if (first === 0) continue
    const strides = { m: count, lda: n, ldb: n, ldc: n }
    rec.clear(own.scratch)
    for (const above of x.slice(0, p))
      matmul(rec, {
        ...{ a: own.l, b: above.tensor, c: own.scratch, ...strides, n: above.first + above.count, k: above.count },
        ...{ aOffset: above.first, accumulate: true },
      })
    matmul(rec, { a: own.x, b: own.scratch, c: own.x, ...strides, n: first, k: count, aOffset: first, alpha: -1 })
  }
}

type Tensors = Readonly<Record<'l' | 'x' | 'scratch', Tensor>>

/**
 * The square of a panel on the diagonal, by doubling: `x` holds the inverted diagonal blocks of size s; two neighbours merge
 * into one of 2s by X₂₁ = −X₂₂·(L₂₁·X₁₁), all pairs of a level at once.
 */
function recordSquareInverse(rec: Recorder, panel: PanelShape, tensors: Tensors): void {
  const { count } = panel
  for (let s = CHOLESKY_BLOCK; s < count; s *= 2) {
    const pairs = Math.floor(count / (2 * s))
    merge(rec, panel, s, s, 0, pairs, tensors)
    const rest = count - pairs * 2 * s - s
    if (rest > 0) merge(rec, panel, s, rest, pairs, 1, tensors)
  }
}

/** Merges `pairs` neighbours of sizes s and `rows`, from pair number `pair` on. */
function merge(
  rec: Recorder,
  { n, first }: PanelShape,
  s: number,
  rows: number,
  pair: number,
  pairs: number,
  { l, x, scratch }: Tensors,
): void {
  if (pairs === 0) return
  const c0 = pair * 2 * s
  const r0 = c0 + s
  const stride = 2 * s * (n + 1)
  const strides = { lda: n, ldb: n, ldc: n, batch: pairs, aBatch: stride, bBatch: stride, cBatch: stride }
  const [x11, x22, block21] = [c0 * n + c0 + first, r0 * n + r0 + first, r0 * n + c0 + first]
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

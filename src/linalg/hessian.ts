import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { addDiagonal, diagonal, mirror, mirrorAcross } from '../kernels/matrix'
import { type Later, later } from '../later'
import { allocPanels, type Panels, tensorsOf } from './panels'

/**
 * H = (2/n)·XᵀX over the n calibration tokens of one linear input, [columns, columns].
 * One that is too large for a binding lies in panels of rows. While it accumulates only the upper triangle is computed, at half the operations of the full product.
 */
export class Hessian {
  tokens = 0
  /** [columns], from `finish` on. */
  #diagonal: Tensor | undefined
  #onHost: Later<Float32Array<ArrayBuffer>> | null = null

  private constructor(
    private readonly gpu: Gpu,
    readonly columns: number,
    readonly panels: Panels,
    /** C = (2/n)·X₀ᵀX [columns, columns], X₀ the same tokens' inputs in the original model; null where not asked for. */
    readonly cross: Panels | null,
    private readonly totalTokens: number,
  ) {}

  /** Zeros; `totalTokens` is how many rows of X will be added in all. */
  static create(gpu: Gpu, rec: Recorder, columns: number, totalTokens: number, cross = false): Hessian {
    const panels = allocPanels(gpu, columns, 'hessian')
    const product = cross ? allocPanels(gpu, columns, 'cross hessian') : null
    for (const tensor of tensorsOf([...panels, ...(product ?? [])])) rec.clear(tensor)
    return new Hessian(gpu, columns, panels, product, totalTokens)
  }

  /** Adds x₀ᵀx to the cross product; x₀ and x [tokens, columns] are inputs of the same tokens. */
  addCross(rec: Recorder, original: Tensor, x: Tensor): void {
    invariant(this.cross, 'nobody asked for the cross product')
    const [tokens = 0] = x.shape
    const { columns: n } = this
    for (const { tensor, first, count } of this.cross)
      matmul(rec, {
        ...{ a: original, b: x, c: tensor, m: count, n, k: tokens, transA: true, lda: n, aOffset: first },
        ...{ alpha: 2 / this.totalTokens, accumulate: true, gpu: this.gpu },
      })
  }

  /** Adds the inputs x [tokens, columns]; submit before the next upload. */
  add(rec: Recorder, x: Tensor): void {
    const tokens = x.shape[0]!
    this.tokens += tokens
    const { columns: n } = this
    for (const { tensor, first, count } of this.panels)
      matmul(rec, {
        ...{ a: x, b: x, c: tensor, m: count, n: n - first, k: tokens, transA: true, lda: n, ldb: n, ldc: n },
        ...{ aOffset: first, bOffset: first, cOffset: first, region: 'upper' },
        ...{ alpha: 2 / this.totalTokens, accumulate: true, gpu: this.gpu },
      })
  }

  /** Fills the lower triangle and takes the diagonal; call once, when everything has been added. */
  finish(rec: Recorder): void {
    if (this.#diagonal) return
    const { columns: n, panels } = this
    for (const [i, { tensor: y, first, count }] of panels.entries()) {
      rec.run(mirror, { h: y }, { n, first, count })
      for (const above of panels.slice(0, i)) {
        const shape = { n, fromFirst: above.first, fromCount: above.count, toFirst: first, toCount: count }
        rec.run(mirrorAcross, { h: above.tensor, y }, shape)
      }
    }
    this.#diagonal = this.gpu.alloc([this.columns], 'f32', 'diagonal')
    this.recordDiagonal(rec, this.#diagonal)
  }

  /** Records that this is the unit matrix, and the cross product too, whatever was added; in place of `finish`. */
  giveUp(rec: Recorder): void {
    const { columns: n, panels, cross } = this
    for (const { tensor: a, first, count } of [...panels, ...(cross ?? [])]) {
      rec.clear(a)
      rec.run(addDiagonal, { a }, { n, first, count, value: 1 })
    }
    this.finish(rec)
  }

  /** d [columns] = diag H, when everything has been added. */
  recordDiagonal(rec: Recorder, d: Tensor): void {
    recordDiagonal(rec, this.panels, this.columns, d)
  }

  /** diag H on the host, when `finish` has been submitted: twice the mean square of each column's input. */
  diagonal(): Promise<Float32Array<ArrayBuffer>> {
    return this.sendForDiagonal().value
  }

  /** The same for whoever goes on meanwhile; H may be freed. */
  sendForDiagonal(): Later<Float32Array<ArrayBuffer>> {
    invariant(this.#diagonal, 'a Hessian is not finished')
    this.#onHost ??= later(this.gpu.readF32(this.#diagonal))
    return this.#onHost
  }

  free(): void {
    this.gpu.free(...tensorsOf([...this.panels, ...(this.cross ?? [])]), this.#diagonal)
  }
}

/** d [n] = the diagonal of a matrix in panels. */
export function recordDiagonal(rec: Recorder, panels: Panels, n: number, d: Tensor): void {
  for (const { tensor: a, first, count } of panels) rec.run(diagonal, { a, d }, { n, first, count })
}

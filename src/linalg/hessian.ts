import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { addDiagonal, diagonal, mirror } from '../kernels/matrix'

/**
 * H = (2/n)·XᵀX over the n calibration tokens of one linear input, [columns, columns].
 * While it accumulates only the upper triangle is computed, at half the operations of the full product.
 */
export class Hessian {
  tokens = 0
  #scaled = false
  #onHost: Promise<Float32Array<ArrayBuffer>> | null = null

  private constructor(
    private readonly gpu: Gpu,
    readonly columns: number,
    readonly matrix: Tensor,
    /** C = (2/n)·X₀ᵀX [columns, columns], X₀ the same tokens' inputs in the original model; null where not asked for. */
    readonly cross: Tensor | null,
    private readonly totalTokens: number,
  ) {}

  /** Zeros; `totalTokens` is how many rows of X will be added in all. */
  static create(gpu: Gpu, rec: Recorder, columns: number, totalTokens: number, cross = false): Hessian {
    const square = [columns, columns]
    const matrix = gpu.alloc(square, 'f32', 'hessian')
    const product = cross ? gpu.alloc(square, 'f32', 'cross hessian') : null
    rec.clear(matrix)
    if (product) rec.clear(product)
    return new Hessian(gpu, columns, matrix, product, totalTokens)
  }

  /** Adds x₀ᵀx to the cross product; x₀ and x [tokens, columns] are inputs of the same tokens. */
  addCross(rec: Recorder, original: Tensor, x: Tensor): void {
    invariant(this.cross, 'nobody asked for the cross product')
    const [tokens = 0] = x.shape
    matmul(rec, {
      ...{ a: original, b: x, c: this.cross, m: this.columns, n: this.columns, k: tokens, transA: true },
      ...{ alpha: 2 / this.totalTokens, accumulate: true, gpu: this.gpu },
    })
  }

  /** Adds the inputs x [tokens, columns]; submit before the next upload. */
  add(rec: Recorder, x: Tensor): void {
    const tokens = x.shape[0]!
    this.tokens += tokens
    matmul(rec, {
      a: x,
      b: x,
      c: this.matrix,
      m: this.columns,
      n: this.columns,
      k: tokens,
      transA: true,
      region: 'upper',
      alpha: 2 / this.totalTokens,
      accumulate: true,
      gpu: this.gpu,
    })
  }

  /** Fills the lower triangle; call once, when everything has been added. */
  finish(rec: Recorder): void {
    if (!this.#scaled) rec.run(mirror, { h: this.matrix }, { n: this.columns })
    this.#scaled = true
  }

  /** Records that this is the unit matrix, and the cross product too, whatever was added; in place of `finish`. */
  giveUp(rec: Recorder): void {
    for (const a of [this.matrix, this.cross]) {
      if (!a) continue
      rec.clear(a)
      rec.run(addDiagonal, { a }, { n: this.columns, value: 1 })
    }
    this.#scaled = true
  }

  /** diag H on the host, read once when everything has been added: twice the mean square of each column's input. */
  diagonal(gpu: Gpu): Promise<Float32Array<ArrayBuffer>> {
    this.#onHost ??= this.#readDiagonal(gpu)
    return this.#onHost
  }

  async #readDiagonal(gpu: Gpu): Promise<Float32Array<ArrayBuffer>> {
    const d = gpu.alloc([this.columns])
    const rec = gpu.record()
    rec.run(diagonal, { a: this.matrix, d }, { n: this.columns })
    await gpu.submit(rec)
    const values = await gpu.readF32(d)
    gpu.free(d)
    return values
  }

  free(): void {
    this.gpu.free(this.matrix, this.cross ?? undefined)
  }
}

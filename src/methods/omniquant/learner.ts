import { Adam } from '../../autograd/adam'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import { clippingEnds, clippingGradient, clippingGrid, clippingWeights } from '../../kernels/clipping'
import type { GridShape } from '../../kernels/quantize'
import type { LinearSpec } from '../../models/spec'
import { type GridOptions, gridShape } from '../affine'
import type { ClipLearner, RangedGrid } from './clip-learner'

/** σ(4) = 0.982: what is kept of both ends of a group at first, as in the authors' code. */
const INITIAL = 4

/**
 * Learnable weight clipping (Shao et al. 2023, arXiv 2308.13137, equation 2): the weights of a linear are rounded to
 * nearest on ranges from σ(b)·min to σ(g)·max of each group, and b and g learn by Adam.
 */
export class LwcLearner implements ClipLearner {
  /** b and g, f32 [2, out, groups]. */
  readonly clips: Tensor
  readonly #shape: GridShape
  readonly #ends: Tensor
  readonly #gradient: Tensor
  readonly #adam: Adam

  /** `weight` [out, in] must stay as it is. */
  static async start(
    gpu: Gpu,
    spec: LinearSpec,
    weight: Tensor,
    grid: GridOptions,
    learningRate: number,
  ): Promise<LwcLearner> {
    const rec = gpu.record()
    const learner = new LwcLearner(gpu, rec, spec, weight, grid, learningRate)
    await gpu.submit(rec)
    return learner
  }

  private constructor(
    private readonly gpu: Gpu,
    rec: Recorder,
    readonly spec: LinearSpec,
    private readonly weight: Tensor,
    grid: GridOptions,
    private readonly learningRate: number,
  ) {
    this.#shape = gridShape(spec.out, spec.in, grid)
    const shape = [2, spec.out, this.#shape.groups]
    this.#ends = gpu.alloc(shape, 'f32', 'ends')
    this.#gradient = gpu.alloc(shape, 'f32', 'clip gradient')
    this.clips = gpu.alloc(shape, 'f32', 'clips')
    rec.write(this.clips, new Float32Array(elements(shape)).fill(INITIAL))
    rec.run(clippingEnds, { w: weight, ends: this.#ends }, this.#shape)
    this.#adam = new Adam(gpu, rec, this.clips)
  }

  soften(rec: Recorder, weights: Tensor): void {
    rec.run(clippingWeights, { ends: this.#ends, clips: this.clips, w: this.weight, y: weights }, this.#shape)
  }

  learn(rec: Recorder, gradient: Tensor, _step: number, weights: Tensor): void {
    const d = this.#gradient
    rec.run(clippingGradient, { ends: this.#ends, clips: this.clips, w: this.weight, dy: gradient, d }, this.#shape)
    this.#adam.step(rec, d, this.learningRate)
    this.soften(rec, weights)
  }

  /** The grid of the clips as they are now, rounded as it is stored; the caller's to free. */
  async result(): Promise<RangedGrid> {
    const { rows, groups } = this.#shape
    const [steps, zeros] = [this.gpu.alloc([rows, groups]), this.gpu.alloc([rows, groups])]
    const rec = this.gpu.record()
    rec.run(clippingGrid, { ends: this.#ends, clips: this.clips, steps, zeros }, this.#shape)
    await this.gpu.submit(rec)
    return { shape: this.#shape, steps, zeros }
  }

  free(): void {
    this.gpu.free(this.clips, this.#ends, this.#gradient)
    this.#adam.free()
  }
}

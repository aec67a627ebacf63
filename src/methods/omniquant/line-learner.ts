import { Adam } from '../../autograd/adam'
import type { GridName } from '../../formats/gguf/grids'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import { CLIP_START, clippedLines, levelWeights, lineClipsGradient } from '../../kernels/line-levels'
import type { LinearSpec } from '../../models/spec'
import { type BlockLines, freeLines, plainLines } from '../block-grid'
import { foundLines, freeLearningLines, type LearningLines, learningLines } from '../learning-lines'
import type { ClipLearner } from './clip-learner'

/**
 * Weight clipping as `LwcLearner` learns it, on the levels of a GGUF type: the ends are those of lines that RTN finds, of which
 * σ(b)/σ(4) and σ(g)/σ(4) are kept, a symmetric line having one of the two. Weights are rounded on what the type holds of the
 * clipped lines, which the gradient takes as straight through.
 */
export class LineClipLearner implements ClipLearner {
  readonly #gradient: Tensor
  readonly #adam: Adam

  private constructor(
    private readonly gpu: Gpu,
    rec: Recorder,
    readonly spec: LinearSpec,
    private readonly weight: Tensor,
    private readonly lines: LearningLines,
    private readonly learningRate: number,
    /** b and g, f32 [2, out, groups]. */
    readonly clips: Tensor,
  ) {
    this.#gradient = gpu.alloc(clips.shape, 'f32', 'clip gradient')
    rec.write(clips, new Float32Array(elements(clips.shape)).fill(CLIP_START))
    this.#adam = new Adam(gpu, rec, clips)
  }

  /** `weight` [out, in] must stay as it is. */
  static async start(
    gpu: Gpu,
    spec: LinearSpec,
    weight: Tensor,
    type: GridName,
    learningRate: number,
  ): Promise<LineClipLearner> {
    const found = await plainLines(gpu, spec, type, weight)
    const lines = await learningLines(gpu, found)
    freeLines(gpu, found)
    const rec = gpu.record()
    const clips = gpu.alloc([2, spec.out, lines.groups], 'f32', 'clips')
    const learner = new LineClipLearner(gpu, rec, spec, weight, lines, learningRate, clips)
    await gpu.submit(rec)
    return learner
  }

  soften(rec: Recorder, weights: Tensor): void {
    const { grid, lines, units, levels } = this.lines
    rec.run(clippedLines(grid), { lines, clips: this.clips, units, levels }, this.lines)
    rec.run(levelWeights, { levels, w: this.weight, y: weights }, this.lines)
  }

  learn(rec: Recorder, gradient: Tensor, _step: number, weights: Tensor): void {
    const { grid, lines, levels } = this.lines
    const d = this.#gradient
    rec.run(
      lineClipsGradient(grid, rec.traits.software),
      { lines, levels, clips: this.clips, w: this.weight, dy: gradient, d },
      this.lines,
    )
    this.#adam.step(rec, d, this.learningRate)
    this.soften(rec, weights)
  }

  /** The lines of the clips as they are now; the caller's to free. */
  async result(): Promise<BlockLines> {
    const { grid, lines, units, levels } = this.lines
    const rec = this.gpu.record()
    rec.run(clippedLines(grid), { lines, clips: this.clips, units, levels }, this.lines)
    await this.gpu.submit(rec)
    return foundLines(this.gpu, this.lines)
  }

  free(): void {
    this.gpu.free(this.clips, this.#gradient)
    this.#adam.free()
    freeLearningLines(this.gpu, this.lines)
  }
}

import { NumericalError } from '../../errors'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { sageCenter, sageLevels, sageRound, sageStart } from '../../kernels/sage'
import { recordThreshold, rowMoments, SELECTION } from '../../kernels/saliency'
import type { Shape } from '../memory'
import type { SageOptions } from './options'
import { type Statistics, statisticsOf } from './statistics'

/** (S8) Rounds end when the error falls by less than this part of itself. */
const TOLERANCE = 1e-4

/** What `Fit` holds of a linear of these rows in G groups. */
export const fitShapes = (rows: number, groups: number): Shape[] => [
  ...[[rows, 2], [SELECTION], [rows], [rows, 1 + 2 * groups], [1 + groups], [4]],
]

/** Both modes of quantization of one matrix on the GPU: the split into salient and other weights, and their scales. */
export class Fit {
  #sums: Tensor
  #levels: Tensor
  #groups = 1

  private constructor(
    private readonly gpu: Gpu,
    /** W [rows, columns] */
    readonly w: Tensor,
    readonly statistics: Statistics,
    private readonly options: SageOptions,
    /** m and 1/sd of every row. */
    readonly stats: Tensor,
    /** First the bits of the score beyond which a weight is salient. */
    readonly selection: Tensor,
    /** α [rows] */
    readonly alphas: Tensor,
    private readonly state: Tensor,
  ) {
    this.#sums = gpu.alloc([this.shape.rows, 3])
    this.#levels = gpu.alloc([2])
  }

  /** (S1) Statistics of all weights. NumericalError unless they are finite. */
  static async of(gpu: Gpu, name: string, w: Tensor, options: SageOptions): Promise<Fit> {
    const [rows = 0, columns = 0] = w.shape
    const moments = gpu.alloc([rows, 3])
    const rec = gpu.record()
    rec.run(rowMoments(rec.traits.software), { w, moments }, { rows, columns })
    await gpu.submit(rec)
    const statistics = statisticsOf(await gpu.readF32(moments), columns, options.statistic)
    gpu.free(moments)
    if (!Number.isFinite(statistics.energy))
      throw new NumericalError(
        `${name}: expected finite weights of moderate size, got a sum of squares of ${statistics.energy} — check the checkpoint`,
      )
    const stats = gpu.upload(statistics.scores, [rows, 2])
    return new Fit(
      ...([gpu, w, statistics, options, stats] as const),
      ...([gpu.alloc([SELECTION], 'u32'), gpu.alloc([rows]), gpu.alloc([4])] as const),
    )
  }

  get shape() {
    const [rows = 0, columns = 0] = this.w.shape
    return { rows, columns, half: 2 ** (this.options.salientBits - 1) }
  }

  /** c, then the amplitudes [1 + G]. */
  get levels(): Tensor {
    return this.#levels
  }

  get groups(): number {
    return this.#groups
  }

  /** From here on in as many groups. */
  setGroups(groups: number): void {
    this.gpu.free(this.#sums, this.#levels)
    this.#sums = this.gpu.alloc([this.shape.rows, 1 + 2 * groups])
    this.#levels = this.gpu.alloc([1 + groups])
    this.#groups = groups
  }

  /** (S1) Records the split at the ratio p of salient weights, their first scales, and c. */
  recordSplit(rec: Recorder, p: number): void {
    const { w, stats, selection, alphas, shape } = this
    recordThreshold(rec, { w, stats, selection }, shape, Math.round(p * shape.rows * shape.columns))
    rec.run(sageStart(rec.traits.software), { w, stats, selection, alphas, sums: this.#sums }, shape)
    if (this.options.center === 'mean')
      rec.run(sageCenter(rec.traits.software), { sums: this.#sums, levels: this.#levels }, shape)
  }

  /** c of the last split that has been submitted. */
  async center(): Promise<number> {
    return (await this.gpu.readF32(this.#levels))[0]!
  }

  /**
   * (S5 to S8) The relative error ‖W − Ŵ‖²/‖W‖² at the ratio p, from these amplitudes on. Codes and scales alternate on
   * the GPU, the error alone comes back: that of the last codes, under the scales before they were fitted to them.
   */
  async errorAt(p: number, amplitudes: ArrayLike<number>): Promise<number> {
    const { gpu, shape, state, w, stats, selection, alphas } = this
    const groups = this.#groups
    const [sums, levels] = [this.#sums, this.#levels]
    const rec = gpu.record()
    rec.write(levels, Float32Array.from([0, ...Array.from(amplitudes)]))
    rec.write(state, Float32Array.of(-1, 0, 0, 0))
    this.recordSplit(rec, p)
    const { software } = rec.traits
    for (let round = 0; round < this.options.rounds; round++) {
      rec.run(sageRound(software, groups), { w, stats, selection, levels, state, alphas, sums }, shape)
      rec.run(sageLevels(software, groups), { sums, levels, state }, { rows: shape.rows, tolerance: TOLERANCE })
    }
    await gpu.submit(rec)
    const [error = Number.NaN] = await gpu.readF32(state)
    if (!Number.isFinite(error))
      throw new NumericalError(
        `SAGE: expected a finite error, got ${error} — check the checkpoint for weights that are not finite or huge`,
      )
    const { energy } = this.statistics
    return energy > 0 ? error / energy : 0
  }

  free(): void {
    const { gpu, stats, selection, alphas, state } = this
    gpu.free(stats, selection, alphas, state, this.#sums, this.#levels)
  }
}

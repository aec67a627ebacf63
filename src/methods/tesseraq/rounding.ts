import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import { recordHarden } from '../../kernels/harden'
import { tunedLines } from '../../kernels/line-levels'
import {
  baseWords,
  countFlips,
  forgetFactors,
  hardCodes,
  type RoundingShape,
  roundingStep,
  softStart,
  softWeights,
} from '../../kernels/soft-rounding'
import type { LinearSpec } from '../../models/spec'
import type { Learner } from '../reconstruction/learner'
import type { FrozenGrid } from './grids'

export interface RoundingOptions {
  /** Learning rate of ν and v; see `learningRate`. */
  readonly rate: number
  /** Whether roundings are learned (PAR); else they are to nearest from the start. */
  readonly rounding: boolean
  /** Whether the scale of every group is learned (DST). */
  readonly scales: boolean
}

/** PyTorch's Adam, as the authors use it. */
const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
/** Of v, as L2 in the gradient (methods §3.3). */
const SCALE_DECAY = 1e-4

/**
 * The roundings and scales of a linear while they are learned (methods §3.2):
 *
 *     α = h(ν) = clip(1.2·σ(ν) − 0.1, 0, 1)
 *     Ŵ = (low + step·clamp(⌊(W − low)/step⌋ + α, 0, 2^b − 1))·2σ(v)
 *
 * Low ends and steps are frozen; ν has an element for every weight, v one for every group of a row. On the levels of a GGUF
 * type Ŵ has low·2σ(v) and step·2σ(v) as the type holds them.
 */
export class RoundingLearner implements Learner {
  readonly spec: LinearSpec
  readonly #weight: Tensor
  readonly #shape: RoundingShape
  readonly #base: Tensor
  readonly #nu: Tensor
  readonly #moments: Tensor
  /** v, its moments and the last gradient to it. */
  readonly #factor: Tensor
  /** What stands for the factors where the grid's lines have them already. */
  readonly #none: Tensor | undefined

  /** Records the start: the soft weights equal W where the grid reaches. */
  constructor(
    private readonly gpu: Gpu,
    rec: Recorder,
    readonly grid: FrozenGrid,
    /** W [out, in]; the grid's own weights go before. */
    weight: Tensor,
    private readonly options: RoundingOptions,
  ) {
    const { out: rows, in: columns } = grid.spec
    const { groups } = grid
    this.spec = grid.spec
    this.#weight = grid.weights ?? weight
    this.#shape = { rows, columns, groups }
    this.#base = gpu.alloc([rows, baseWords(columns)], 'u32', 'rounded down')
    this.#nu = gpu.alloc([rows, columns], 'f32', 'roundings')
    this.#moments = gpu.alloc([rows, columns, 2], 'f32', 'rounding moments')
    this.#factor = gpu.alloc([rows, groups, 4], 'f32', 'scale factors')
    this.#none = options.scales && grid.learning ? gpu.alloc([rows, groups, 4], 'f32', 'no factors') : undefined
    const { places, levels } = grid
    rec.run(softStart, { w: this.#weight, places, grid: levels, base: this.#base, nu: this.#nu }, this.#shape)
    rec.clear(this.#factor)
    if (this.#none) rec.clear(this.#none)
    if (!options.rounding) this.harden(rec, 0)
  }

  /** Fixes all but the `soft` part of the roundings, the surest first, and forgets what the optimisers remember. */
  beginRound(rec: Recorder, soft: number): void {
    const { rows, groups } = this.#shape
    if (this.options.rounding) this.harden(rec, soft)
    rec.clear(this.#moments)
    rec.run(forgetFactors, { factor: this.#factor }, { count: rows * groups })
  }

  harden(rec: Recorder, soft: number): void {
    recordHarden(this.gpu, rec, this.#nu, elements(this.#nu.shape), soft)
  }

  soften(rec: Recorder, weights: Tensor): void {
    const { places, levels, learning } = this.grid
    const [base, nu, factor] = [this.#base, this.#nu, this.#factor]
    if (this.#none && learning) {
      const { lines, units, levels: tuned } = learning
      rec.run(tunedLines(learning.grid), { lines, factor, units, levels: tuned }, learning)
      rec.run(softWeights, { base, nu, factor: this.#none, places, grid: tuned, weights }, this.#shape)
    } else rec.run(softWeights, { base, nu, factor, places, grid: levels, weights }, this.#shape)
  }

  learn(rec: Recorder, gradient: Tensor, step: number, weights: Tensor): void {
    const { places, levels: grid } = this.grid
    const { rate, rounding: roundings, scales } = this.options
    const unbias = { unbias1: 1 / (1 - ADAM.beta1 ** step), unbias2: 1 / (1 - ADAM.beta2 ** step) }
    rec.run(
      roundingStep(rec.traits.software),
      { gradient, base: this.#base, nu: this.#nu, moments: this.#moments, factor: this.#factor, places, grid, weights },
      { ...this.#shape, ...ADAM, ...unbias, rate, decay: SCALE_DECAY, roundings, scales },
    )
    // the type holds the factors only nearly: straight through in the gradient, as it is in the weights
    if (this.#none) this.soften(rec, weights)
  }

  /** Adds to `count` (u32 [1]) the codes that differ from rounding to nearest on the same grid. */
  countFlips(rec: Recorder, count: Tensor): void {
    const { places, levels: grid } = this.grid
    rec.run(
      countFlips(rec.traits.software),
      { w: this.#weight, places, grid, base: this.#base, nu: this.#nu, count },
      this.#shape,
    )
  }

  /** Records the codes, u32 [out, in]: up where ν > 0. */
  hardCodes(rec: Recorder, codes: Tensor): void {
    rec.run(hardCodes, { base: this.#base, nu: this.#nu, places: this.grid.places, codes }, this.#shape)
  }

  /** 2σ(v) of every row and group, [out · groups]. */
  async factors(): Promise<Float64Array<ArrayBuffer>> {
    const values = await this.gpu.readF32(this.#factor)
    return Float64Array.from({ length: values.length / 4 }, (_, i) => 2 / (1 + Math.exp(-values[4 * i]!)))
  }

  free(): void {
    this.gpu.free(this.#base, this.#nu, this.#moments, this.#factor, this.#none)
  }
}

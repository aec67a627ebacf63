import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { adamStep } from '../kernels/adam'

export interface AdamOptions {
  /** Decay of the running means of the gradient and of its square. */
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}

/**
 * Adam (Kingma & Ba 2015) on one tensor of parameters, without weight decay. Parameters that share a rate should be
 * views of one tensor: a step is one dispatch. `free` gives back the moments.
 */
export class Adam {
  readonly #moments: readonly [m: Tensor, v: Tensor]
  readonly #options: Required<AdamOptions>
  #steps = 0

  /** Records that the moments begin at 0. */
  constructor(
    private readonly gpu: Gpu,
    rec: Recorder,
    private readonly parameters: Tensor,
    options: AdamOptions = {},
  ) {
    this.#options = { beta1: 0.9, beta2: 0.999, eps: 1e-8, ...options }
    this.#moments = [gpu.alloc(parameters.shape, 'f32', 'adam mean'), gpu.alloc(parameters.shape, 'f32', 'adam square')]
    for (const moment of this.#moments) rec.clear(moment)
  }

  /** Records one step against `gradient` (shape of the parameters) at this learning rate. */
  step(rec: Recorder, gradient: Tensor, rate: number): void {
    const count = elements(this.parameters.shape)
    invariant(elements(gradient.shape) === count, () => `adam: gradient [${gradient.shape}] of ${count} parameters`)
    this.#steps++
    const { beta1, beta2 } = this.#options
    const [m, v] = this.#moments
    rec.run(
      adamStep,
      { w: this.parameters, m, v, g: gradient },
      {
        ...this.#options,
        count,
        rate,
        unbias1: 1 / (1 - beta1 ** this.#steps),
        unbias2: 1 / (1 - beta2 ** this.#steps),
      },
    )
  }

  free(): void {
    this.gpu.free(...this.#moments)
  }
}

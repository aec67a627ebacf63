import { NumericalError } from '../../errors'
import type { TrainingRecord } from '../../records'

/** Order of the loss tensor's values; see shaders/allocation_loss.wgsl. */
export const LOSS = { loss: 0, quantization: 1, sampled: 2, bits: 3, entropy: 4, temperature: 5 } as const

const LANES = ['loss', 'quantization', 'bits', 'entropy', 'temperature'] as const

/** The training record as it grows. */
export class Journal {
  readonly #lanes = { loss: [], quantization: [], bits: [], entropy: [], temperature: [] } as Record<
    (typeof LANES)[number],
    number[]
  >
  readonly #chosen: number[] = []

  /** Steps recorded. */
  get steps(): number {
    return this.#chosen.length
  }

  /** Takes rows of `stride` values, of which the first are those of the loss tensor. */
  add(rows: Float32Array, stride: number): void {
    for (let at = 0; at < rows.length; at += stride) {
      if (!Number.isFinite(rows[at + LOSS.loss]!))
        throw new NumericalError(
          `mg-ptq: expected a finite loss, got ${rows[at + LOSS.loss]} at step ${this.steps} — ` +
            'lower the learning rate or alpha, and look for huge weights or a singular Hessian',
        )
      for (const lane of LANES) this.#lanes[lane].push(rows[at + LOSS[lane]]!)
      this.#chosen.push(Number.NaN)
    }
  }

  /** The error of the widths chosen at the last step. */
  choose(error: number): void {
    this.#chosen[this.#chosen.length - 1] = error
  }

  record(): TrainingRecord {
    const lane = (name: (typeof LANES)[number]) => Float32Array.from(this.#lanes[name])
    return {
      step: Float32Array.from(this.#chosen, (_, step) => step),
      chosen: Float32Array.from(this.#chosen),
      ...{ loss: lane('loss'), quantization: lane('quantization'), bits: lane('bits') },
      ...{ entropy: lane('entropy'), temperature: lane('temperature') },
    }
  }
}

import type { ReconstructionRecord } from '../../records'

/** Recorded steps a block at most, so that charts and files stay small: beyond it means of several steps are kept. */
const MOST = 500

/** The record of a reconstruction as it grows. */
export class Journal {
  readonly #lanes: Record<keyof ReconstructionRecord, number[]> = { step: [], loss: [], soft: [], flips: [] }
  readonly #every: number
  #pending: number[] = []
  #steps = 0

  /** @param steps of the whole reconstruction */
  constructor(readonly steps: number) {
    this.#every = Math.max(1, Math.ceil(steps / MOST))
  }

  /** Steps taken. */
  get taken(): number {
    return this.#steps
  }

  /** The losses of some steps; `soft` as it was in them. */
  add(losses: Iterable<number>, soft: number): void {
    for (const loss of losses) {
      this.#steps++
      this.#pending.push(loss)
      if (this.#pending.length < this.#every) continue
      this.#lanes.step.push(this.#steps)
      this.#lanes.loss.push(this.#pending.reduce((sum, value) => sum + value, 0) / this.#pending.length)
      this.#lanes.soft.push(soft)
      this.#lanes.flips.push(Number.NaN)
      this.#pending = []
    }
  }

  /** What was counted after the last step. */
  countFlips(part: number): void {
    const { flips } = this.#lanes
    if (flips.length > 0) flips[flips.length - 1] = part
  }

  record(): ReconstructionRecord {
    const { step, loss, soft, flips } = this.#lanes
    const of = (values: number[]) => Float32Array.from(values)
    return { step: of(step), loss: of(loss), soft: of(soft), flips: of(flips) }
  }
}

import type { TensorStatistics } from '../file-records'

/** Steps of the histogram; a multiple of 4, so that it can double its reach around zero. */
const STEPS = 256

/** Counts numbers as they come by, each once, whatever their range turns out to be. */
export class Tally {
  #zeros = 0
  #nans = 0
  #infinities = 0
  #finite = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #sum = 0
  #squares = 0
  #reach = 2 ** -40
  #counts = new Float64Array(STEPS)

  /** Values [from, to). */
  add(values: Float32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const value = values[i]!
      if (!Number.isFinite(value)) {
        if (Number.isNaN(value)) this.#nans++
        else this.#infinities++
        continue
      }
      this.#finite++
      if (value === 0) this.#zeros++
      if (value < this.#min) this.#min = value
      if (value > this.#max) this.#max = value
      this.#sum += value
      this.#squares += value * value
      while (Math.abs(value) > this.#reach) this.#double()
      const step = Math.floor(((value + this.#reach) / (2 * this.#reach)) * STEPS)
      this.#counts[Math.min(STEPS - 1, step)]!++
    }
  }

  get statistics(): TensorStatistics {
    const [finite, mean] = [this.#finite, this.#sum / this.#finite]
    return {
      ...{ zeros: this.#zeros, nans: this.#nans, infinities: this.#infinities },
      min: finite > 0 ? this.#min : Number.NaN,
      max: finite > 0 ? this.#max : Number.NaN,
      mean,
      deviation: Math.sqrt(Math.max(0, this.#squares / finite - mean * mean)),
      histogram: { reach: this.#reach, counts: [...this.#counts] },
    }
  }

  /** Twice the reach: two steps become one, in the middle half. */
  #double(): void {
    const wider = new Float64Array(STEPS)
    for (let step = 0; step < STEPS; step++) wider[STEPS / 4 + (step >> 1)]! += this.#counts[step]!
    this.#counts = wider
    this.#reach *= 2
  }
}

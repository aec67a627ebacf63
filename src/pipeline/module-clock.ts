import type { LinearSpec } from '../models/spec'

/** Books the seconds of a block over its linears. */
export class ModuleClock {
  readonly #weights: number
  /** Seconds a weight that went to all linears together. */
  #together: number | null
  #started = 0
  #apartBefore = 0

  /**
   * @param now milliseconds
   * @param apart seconds so far that are booked elsewhere
   * @param together whether what precedes the first linear is work on all of them
   */
  constructor(
    linears: readonly LinearSpec[],
    together: boolean,
    private readonly now: () => number,
    private readonly apart: () => number,
  ) {
    this.#weights = linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
    this.#together = together ? null : 0
  }

  /** Begins the time of the next linear. */
  start(): void {
    this.#started = this.now()
    this.#apartBefore = this.apart()
  }

  /** Seconds of the linear that is finished now, with its part by weights of what was done for all. */
  lap({ out, in: columns }: LinearSpec): number {
    const seconds = (this.now() - this.#started) / 1000 - (this.apart() - this.#apartBefore)
    const own = this.#together === null ? 0 : seconds
    this.#together ??= seconds / this.#weights
    return own + this.#together * out * columns
  }
}

import type { Together } from '../methods/method'
import type { LinearSpec } from '../models/spec'

/** Books the seconds of a block over its linears. */
export class ModuleClock {
  /** Seconds a weight that went to all linears of a stage, or of the block, before the first of them was finished. */
  readonly #shares = new Map<number, number>()
  #started = 0
  #apartBefore = 0

  /**
   * @param together the linears that what precedes the first of them is work on; each by itself where it is missing
   * @param now milliseconds
   * @param apart seconds so far that are booked elsewhere
   */
  constructor(
    private readonly linears: readonly LinearSpec[],
    private readonly together: Together | undefined,
    private readonly now: () => number,
    private readonly apart: () => number,
  ) {}

  /** Begins the time of the next linear. */
  start(): void {
    this.#started = this.now()
    this.#apartBefore = this.apart()
  }

  /** Seconds of the linear that is finished now, with its part by weights of what was done for several. */
  lap(linear: LinearSpec): number {
    const seconds = (this.now() - this.#started) / 1000 - (this.apart() - this.#apartBefore)
    if (!this.together) return seconds
    const key = this.together === 'stage' ? linear.stage : -1
    const share = this.#shares.get(key)
    if (share !== undefined) return seconds + share * weightsOf(linear)
    const own = this.linears.filter(({ stage }) => this.together === 'block' || stage === linear.stage)
    const first = seconds / own.reduce((sum, one) => sum + weightsOf(one), 0)
    this.#shares.set(key, first)
    return first * weightsOf(linear)
  }
}

const weightsOf = ({ out, in: columns }: LinearSpec): number => out * columns

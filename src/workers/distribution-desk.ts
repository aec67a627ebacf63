import { breathe, type Pause } from '../pipeline/breathe'
import { type DistributionSource, type Distributions, distributions, type Extent } from '../pipeline/distributions'

/** Answers kept of one result: going back and forth between a few matrices counts none of them again. */
const KEPT = 8

/** Distributions of single matrices, one at a time: who asks for the next no longer wants the last. */
export class DistributionDesk {
  readonly #kept = new Map<string, Distributions>()
  #work: AbortController | null = null

  /** `pause` is where counting lets others be heard. */
  constructor(
    private readonly source: (name: string) => Promise<DistributionSource>,
    private readonly pause: Pause = breathe,
  ) {}

  /** Rejects with CancelledError once another is asked for, or all is forgotten. */
  distributions = async (name: string, extent: Extent): Promise<Distributions> => {
    this.#work?.abort()
    const work = new AbortController()
    this.#work = work
    const known = this.#kept.get(name)
    const found = known ?? (await distributions(await this.source(name), extent, work.signal, this.pause))
    if (work.signal.aborted || found.rows < found.out) return found
    this.#kept.delete(name)
    this.#kept.set(name, found)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return found
  }

  /** The result is another one. */
  forget(): void {
    this.#work?.abort()
    this.#kept.clear()
  }
}

import { invariant } from '../errors'

/** Works of which each has the device to itself, and can be stopped. */
export class OneAtATime {
  #work: AbortController | null = null
  /** Settles when the device has been measured. */
  #measured: Promise<unknown> | null = null

  /** `after` is called behind every work. */
  constructor(private readonly after: () => void) {}

  get busy(): boolean {
    return this.#work !== null
  }

  run = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    invariant(!this.#work, 'the engine was asked for two things at once')
    this.#work = new AbortController()
    try {
      await this.#measured
      return await work(this.#work.signal)
    } finally {
      this.#work = null
      this.after()
    }
  }

  /** Lets the next work wait until this measurement of the device has ended, however it does. */
  waitFor(measurement: Promise<unknown>): void {
    this.#measured = measurement.catch(() => {})
  }

  /** Stops the work under way, if there is one. */
  stop(): void {
    this.#work?.abort()
  }
}

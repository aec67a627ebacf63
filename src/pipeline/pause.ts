import { checkCancelled } from './batching'

/** The person's wish that a run should wait: whoever asks sets it, the run heeds it between two pieces of work. */
export class PauseSwitch {
  #paused = false
  #waited = 0
  /** When the first of those who wait now began. */
  #since: number | null = null
  readonly #wakes = new Set<() => void>()

  get paused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const wake of [...this.#wakes]) wake()
  }

  /** Milliseconds as `performance.now()` gives them, less what has been spent in `wait`: stands still meanwhile. */
  now(): number {
    return (this.#since ?? performance.now()) - this.#waited
  }

  /** Resolves once nobody wants a pause any more, at once where nobody does; CancelledError when `signal` aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    this.#since ??= performance.now()
    let wake = () => {}
    const onAbort = () => wake()
    signal?.addEventListener('abort', onAbort)
    while (this.#paused && !signal?.aborted)
      await new Promise<void>((resolve) => {
        wake = resolve
        this.#wakes.add(wake)
      }).finally(() => this.#wakes.delete(wake))
    signal?.removeEventListener('abort', onAbort)
    if (this.#since !== null && this.#wakes.size === 0) {
      this.#waited += performance.now() - this.#since
      this.#since = null
    }
    checkCancelled(signal)
  }
}

import { checkCancelled } from './batching'

/** The person's wish that a run should wait: whoever asks sets it, the run heeds it between two pieces of work. */
export class PauseSwitch {
  #paused = false
  #waited = 0
  /** When the wait under way began. */
  #since: number | null = null
  #wake = () => {}

  get paused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wake()
  }

  /** Milliseconds as `performance.now()` gives them, less what has been spent in `wait`: stands still meanwhile. */
  now(): number {
    return (this.#since ?? performance.now()) - this.#waited
  }

  /** Of one run at a time. Resolves once nobody wants a pause any more, at once where nobody does; CancelledError when `signal` aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    this.#since = performance.now()
    const wake = () => this.#wake()
    signal?.addEventListener('abort', wake)
    while (this.#paused && !signal?.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    signal?.removeEventListener('abort', wake)
    this.#waited += performance.now() - this.#since
    this.#since = null
    checkCancelled(signal)
  }
}

import { checkCancelled } from './batching'

/** The person's wish that a run should wait: whoever asks sets it, the run heeds it between two pieces of work. */
export class PauseSwitch {
  #paused = false
  #waitedMs = 0
  #resumed: (() => void)[] = []

  get paused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const go of this.#resumed.splice(0)) go()
  }

  /** Milliseconds as `performance.now()` gives them, less what has been spent in `wait`. */
  now(): number {
    return performance.now() - this.#waitedMs
  }

  /** Resolves once nobody wants a pause any more, at once where nobody does; CancelledError when `signal` aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    const started = performance.now()
    try {
      while (this.#paused && !signal?.aborted) await this.#change(signal)
    } finally {
      this.#waitedMs += performance.now() - started
    }
    checkCancelled(signal)
  }

  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        signal?.removeEventListener('abort', go)
        resolve()
      }
      this.#resumed.push(go)
      signal?.addEventListener('abort', go)
    })
  }
}

/** How fast bytes come and how long the rest takes, from the last few seconds. */
export class Pace {
  readonly #marks: { at: number; done: number }[] = []

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Null until there is something to tell. */
  tell(done: number, total: number): { bytesPerSecond: number; secondsLeft: number } | null {
    const at = this.now()
    // files that were there already, or one that starts over, say nothing of the connection
    if (done < (this.#marks.at(-1)?.done ?? 0)) this.#marks.length = 0
    if (at - (this.#marks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= STEP_MS) this.#marks.push({ at, done })
    while (this.#marks.length > 2 && at - this.#marks[0]!.at > WINDOW_MS) this.#marks.shift()
    const [first] = this.#marks
    const seconds = (at - first!.at) / 1000
    const bytes = done - first!.done
    if (seconds < 0.5 || bytes === 0) return null
    const bytesPerSecond = bytes / seconds
    return { bytesPerSecond, secondsLeft: (total - done) / bytesPerSecond }
  }
}

const STEP_MS = 250
const WINDOW_MS = 8000

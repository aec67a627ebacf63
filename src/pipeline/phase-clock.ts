import type { Phase } from '../records'

/** Time by phase; `now` in milliseconds need not be the wall clock. */
export class PhaseClock {
  readonly seconds: Partial<Record<Phase, number>> = {}
  #last: number

  constructor(private readonly now: () => number) {
    this.#last = now()
  }

  /** Books the time since the last lap under `phase`, less what belongs to others. */
  lap(phase: Phase, others: Partial<Record<Phase, number>> = {}): void {
    const now = this.now()
    let rest = (now - this.#last) / 1000
    this.#last = now
    for (const [other, seconds] of Object.entries(others) as [Phase, number][]) {
      this.seconds[other] = (this.seconds[other] ?? 0) + seconds
      rest -= seconds
    }
    this.seconds[phase] = (this.seconds[phase] ?? 0) + rest
  }
}

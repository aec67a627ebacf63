import type { Phase, RunReport } from '../records'

/** Time by phase; `now` in milliseconds need not be the wall clock. */
export class PhaseClock {
  #seconds: Partial<Record<Phase, number>> = {}
  #last: number
  #taken: number

  constructor(private readonly now: () => number) {
    this.#last = this.#taken = now()
  }

  /** What has been booked since this was last asked, and the time that went by. */
  take(): RunReport['seconds'] {
    const [seconds, now] = [this.#seconds, this.now()]
    const total = (now - this.#taken) / 1000
    this.#seconds = {}
    this.#taken = now
    return { total, ...seconds }
  }

  /** Forgets what has been booked since `take`, and the time: it came to nothing. */
  drop(): void {
    this.#seconds = {}
    this.#last = this.#taken = this.now()
  }

  /** Books the time since the last lap under `phase`, less what belongs to others. */
  lap(phase: Phase, others: Partial<Record<Phase, number>> = {}): void {
    const now = this.now()
    let rest = (now - this.#last) / 1000
    this.#last = now
    for (const [other, seconds] of Object.entries(others) as [Phase, number][]) {
      this.#seconds[other] = (this.#seconds[other] ?? 0) + seconds
      rest -= seconds
    }
    this.#seconds[phase] = (this.#seconds[phase] ?? 0) + rest
  }
}

export function sumSeconds(all: Iterable<RunReport['seconds']>): RunReport['seconds'] {
  const sum: Record<string, number> & { total: number } = { total: 0 }
  for (const seconds of all) for (const [key, value] of Object.entries(seconds)) sum[key] = (sum[key] ?? 0) + value
  return sum
}

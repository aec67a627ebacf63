/** Work of the GPU without a pause, in nanoseconds of its own clock. */
export interface Interval {
  readonly begin: bigint
  readonly end: bigint
  /** What the host was at when it handed the work over. */
  readonly phase: string
}

/** Milliseconds in which the GPU worked, and in which it waited for work. */
export interface Occupancy {
  busyMs: number
  idleMs: number
}

/**
 * Between the first work and the last, by phase; what the GPU waits belongs to the phase whose work it waited for.
 *
 * @param intervals in the order in which they were handed over
 */
export function occupancyOf(intervals: readonly Interval[]): Map<string, Occupancy> {
  const phases = new Map<string, Occupancy>()
  let last: bigint | null = null
  for (const { begin, end, phase } of intervals) {
    const sum = phases.get(phase) ?? { busyMs: 0, idleMs: 0 }
    phases.set(phase, sum)
    // neighbours may overlap where neither needs the other
    const from: bigint = last !== null && last > begin ? last : begin
    if (last !== null) sum.idleMs += Number(from - last) / 1e6
    if (end > from) sum.busyMs += Number(end - from) / 1e6
    if (last === null || end > last) last = end
  }
  return phases
}

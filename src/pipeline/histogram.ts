/** Counts of values in equal bins from `low` to `high`; what lies outside is counted beside. */
export interface Histogram {
  readonly low: number
  readonly high: number
  readonly counts: Uint32Array<ArrayBuffer>
  readonly below: number
  readonly above: number
}

/** A histogram being counted: the first slot is for what lies below, the last for what lies above. */
export interface OpenBins {
  readonly low: number
  readonly high: number
  readonly scale: number
  readonly slots: Uint32Array<ArrayBuffer>
}

export const openBins = (low: number, high: number, bins: number): OpenBins => ({
  ...{ low, high, scale: bins / (high - low), slots: new Uint32Array(bins + 2) },
})

/** Counts values; what is no number counts as below. */
export function countAll({ low, scale, slots }: OpenBins, values: Float32Array): void {
  const last = slots.length - 1
  for (let i = 0; i < values.length; i++) {
    const at = (values[i]! - low) * scale + 1
    slots[at >= 1 ? (at < last ? at | 0 : last) : 0]!++
  }
}

export const closed = ({ low, high, slots }: OpenBins): Histogram => ({
  ...{ low, high, counts: slots.slice(1, -1), below: slots[0]!, above: slots.at(-1)! },
})

/** Σ −p log₂ p of counts: how many bits a code tells, on average. 0 for nothing. */
export function entropyBits(counts: ArrayLike<number>): number {
  let all = 0
  for (let i = 0; i < counts.length; i++) all += counts[i]!
  let entropy = 0
  for (let i = 0; i < counts.length; i++) {
    const part = counts[i]! / all
    if (part > 0) entropy -= part * Math.log2(part)
  }
  return entropy
}

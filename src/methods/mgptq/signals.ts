/** What a training run tells beside its result: the known ways in which an allocator fails. */
export interface TrainingSignals {
  /** Mean bits of the last raw argmax minus the target; beyond half a bit the budget came from the projection. */
  readonly rawMiss: number
  /** The raw argmax gives all columns the same width. */
  readonly collapsed: boolean
  /** The quantization error still swings more than drawing widths explains. */
  readonly oscillating: boolean
}

/** Recorded steps that are looked at for swings. */
export const WINDOW = 50

/** Below this part of the mean nobody minds. */
const NEGLIGIBLE = 0.05

/** An estimate of a deviation from 8 draws is a quarter off, one time in three. */
const BEYOND = 2

/**
 * Whether the last WINDOW values of a series, freed of their straight trend, deviate by more than 5 % of their mean and
 * by more than twice what `redraws` do: the same quantity drawn again at fixed parameters, which is noise alone.
 */
export function oscillates(series: ArrayLike<number>, redraws: ArrayLike<number>): boolean {
  if (series.length < WINDOW) return false
  const last = Array.from(series).slice(-WINDOW)
  const average = mean(last)
  const middle = (WINDOW - 1) / 2
  const slope =
    last.reduce((sum, value, i) => sum + (i - middle) * (value - average), 0) /
    last.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
  const swing = deviation(last.map((value, i) => value - slope * (i - middle)))
  return swing > NEGLIGIBLE * Math.abs(average) && swing > BEYOND * deviation(Array.from(redraws))
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function deviation(values: readonly number[]): number {
  const average = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, values.length - 1))
}

/** A value's place between the ends of a map's legend. */
export interface Scale {
  readonly kind: 'linear' | 'log'
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
  /** 0 at the low end, 1 at the high end, clamped. */
  at(value: number): number
}

export function linearScale(low: number, high: number, ticks?: readonly number[]): Scale {
  const span = high - low || 1
  return {
    kind: 'linear',
    low,
    high,
    ticks: ticks ?? niceTicks(low, high),
    at: (value) => clamp((value - low) / span),
  }
}

export function logScale(low: number, high: number): Scale {
  const start = Math.log(low)
  const span = Math.log(high) - start || 1
  return { kind: 'log', low, high, ticks: logTicks(low, high), at: (value) => clamp((Math.log(value) - start) / span) }
}

const clamp = (t: number): number => (Number.isNaN(t) ? 0 : Math.min(1, Math.max(0, t)))

/** The range of the finite values above zero, or null where there are none. */
export function positiveRange(values: ArrayLike<number>): { low: number; high: number } | null {
  let low = Number.POSITIVE_INFINITY
  let high = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value > 0) || !Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  return high > 0 ? { low, high } : null
}

/** Spread from which a logarithm shows more than bars from zero do. */
const WIDE = 20
/** Decades shown at most: smaller values lie on the floor. */
const DECADES = 6

/** The scale that suits non-negative values: from zero while they are alike, logarithmic when they spread. */
export function scaleFor(values: ArrayLike<number>): Scale {
  const range = positiveRange(values)
  if (!range) return linearScale(0, 1, [0, 1])
  const { low, high } = range
  if (high / low < WIDE) return linearScale(0, niceAbove(high))
  return logScale(stepDown(Math.max(low, high / 10 ** DECADES)), niceAbove(high))
}

/** A logarithmic scale with round ends around errors, which are compared by factors. */
export function errorScale(values: ArrayLike<number>): Scale {
  const range = positiveRange(values)
  return range ? logScale(stepDown(range.low), niceAbove(range.high)) : logScale(1e-4, 1)
}

const NICE = [1, 2, 5, 10]

/** The next of 1, 2, 5 × 10ⁿ that is no smaller. */
export function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return tidy(NICE.find((step) => step * power >= value * (1 - 1e-9))! * power)
}

/** The last of 1, 2, 5 × 10ⁿ that is strictly smaller, so that the smallest value still shows. */
export function stepDown(value: number): number {
  const power = 10 ** (Math.ceil(Math.log10(value)) - 1)
  return tidy(NICE.findLast((step) => step * power < value * (1 - 1e-9))! * power)
}

const tidy = (value: number): number => Number(value.toPrecision(3))

/** Round numbers from `low` to `high`, about as many as wanted; never fewer than three where there is a range, which one or two would not tell. */
export function niceTicks(low: number, high: number, wanted = 4): number[] {
  const step = niceAbove((high - low) / wanted) || 1
  const ticks = multiples(step, low, high)
  return ticks.length < 3 && high > low ? multiples(stepDown(step), low, high) : ticks
}

function multiples(step: number, low: number, high: number): number[] {
  const found: number[] = []
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-9); i++) found.push(tidy(i * step))
  return found
}

function logTicks(low: number, high: number): number[] {
  const steps = Math.log10(high / low) > 2.2 ? [1] : Math.log10(high / low) > 1.2 ? [1, 3] : [1, 2, 5]
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high * 1.001; power++)
    for (const step of steps) {
      const tick = tidy(step * 10 ** power)
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick)
    }
  return ticks.length > 1 ? ticks : [low, high]
}

import type { CodeKind, RowLanes } from '../formats/row-reader'
import type { CodeTally, Distributions, Extreme } from './distributions'
import { closed, countAll, type OpenBins, openBins } from './histogram'

const BINS = 240
/** Steps to both sides that errors are counted within, and bins a step. */
const STEPS = { reach: 1.5, bins: 144 }
/** Bins of the positions of one kind of code, about; and for one step, at the least and the most. */
const PLACES = { bins: 512, least: 2, most: 32 }
/** How many times the root mean square a histogram reaches. */
const REACH = { weight: 5, error: 4 }
/** Largest weights that are listed. */
const EXTREMES = 24

/** One histogram a kind, their slots one after another in one array: a single loop serves columns of every width. */
interface PlaceBins {
  readonly bins: readonly OpenBins[]
  readonly even: Uint8Array<ArrayBuffer>
  readonly starts: Uint32Array<ArrayBuffer>
  readonly lows: Float64Array<ArrayBuffer>
  readonly scales: Float64Array<ArrayBuffer>
  /** The slot for what lies above, from the start. */
  readonly lasts: Float64Array<ArrayBuffer>
  readonly slots: Uint32Array<ArrayBuffer>
}

function placeBins(kinds: readonly CodeKind[], reach: number): PlaceBins {
  const alone = kinds.map(({ codes, even }) => {
    const each = Math.max(PLACES.least, Math.min(PLACES.most, Math.floor(PLACES.bins / codes)))
    return even ? openBins(-1, codes, (codes + 1) * each) : openBins(-reach, reach, BINS)
  })
  let all = 0
  const starts = Uint32Array.from(alone, ({ slots }) => (all += slots.length) - slots.length)
  const slots = new Uint32Array(all)
  const bins = alone.map((one, i) => ({ ...one, slots: slots.subarray(starts[i], starts[i]! + one.slots.length) }))
  return {
    ...{ bins, starts, slots },
    even: Uint8Array.from(kinds, ({ even }) => Number(even)),
    lows: Float64Array.from(bins, ({ low }) => low),
    scales: Float64Array.from(bins, ({ scale }) => scale),
    lasts: Float64Array.from(bins, (one) => one.slots.length - 1),
  }
}

/** Adds up a matrix row by row. The spreads, root mean squares, only say how far histograms reach. */
export class RowTally {
  readonly #weights: OpenBins
  readonly #stored: OpenBins
  readonly #errors: OpenBins
  readonly #relative = openBins(-STEPS.reach, STEPS.reach, STEPS.bins)
  /** Of every kind: where the original weights lie, in steps from code 0, or as they are where levels are not even. */
  readonly #places: PlaceBins
  /** How often each code is used; a kind's codes begin at its place of `#firsts`. */
  readonly #counts: Uint32Array<ArrayBuffer>
  readonly #firsts: Uint32Array<ArrayBuffer>
  /** Of what a code stands for, where levels are not even. */
  readonly #sums: Float64Array<ArrayBuffer>
  readonly #lows: Float64Array<ArrayBuffer>
  readonly #highs: Float64Array<ArrayBuffer>
  /** Σ w, Σ w², Σ w³, Σ w⁴ of every column. */
  readonly #moments: Float64Array<ArrayBuffer>
  readonly #largest: Float32Array<ArrayBuffer>
  readonly #uneven: boolean
  #extremes: Extreme[] = []
  #flat = 0
  #rows = 0
  #squaredError = 0

  constructor(
    private readonly kinds: readonly CodeKind[],
    private readonly columns: number,
    private readonly known: boolean,
    spread: { readonly weight: number; readonly error: number },
  ) {
    const reach = (value: number, times: number) => (value > 0 && Number.isFinite(value) ? value * times : 1)
    const wide = reach(spread.weight, REACH.weight)
    const error = reach(spread.error, REACH.error)
    this.#weights = openBins(-wide, wide, BINS)
    this.#stored = openBins(-wide, wide, BINS)
    this.#errors = openBins(-error, error, BINS)
    this.#places = placeBins(kinds, wide)
    this.#uneven = kinds.some(({ even }) => !even)
    let all = 0
    this.#firsts = Uint32Array.from(kinds, ({ codes }) => (all += codes) - codes)
    this.#counts = new Uint32Array(all)
    this.#sums = new Float64Array(all)
    this.#lows = new Float64Array(all).fill(Number.POSITIVE_INFINITY)
    this.#highs = new Float64Array(all).fill(Number.NEGATIVE_INFINITY)
    this.#moments = new Float64Array(4 * columns)
    this.#largest = new Float32Array(columns)
  }

  /** `original` is the row before; without one, what is told of weights is told of the stored ones. */
  add(row: number, codes: RowLanes, original: Float32Array | null): void {
    const before = original ?? codes.weights
    countAll(this.#stored, codes.weights)
    countCodes(this.#counts, this.#firsts, codes)
    if (original) {
      countAll(this.#weights, original)
      this.#squaredError += countErrors(this.#errors, codes.weights, original)
      this.#flat += countPlaces(this.#places, this.#relative, codes, original)
    }
    if (this.#uneven) this.#spanLevels(codes)
    const most = addPowers(this.#moments, this.#largest, before)
    if (most > this.#bar()) this.#keepLargest(row, before, codes.weights)
    this.#rows++
  }

  #spanLevels({ weights, codes, kinds }: RowLanes): void {
    for (let column = 0; column < this.columns; column++) {
      const at = this.#firsts[kinds[column]!]! + codes[column]!
      const weight = weights[column]!
      this.#sums[at]! += weight
      if (weight < this.#lows[at]!) this.#lows[at] = weight
      if (weight > this.#highs[at]!) this.#highs[at] = weight
    }
  }

  #keepLargest(row: number, before: Float32Array, stored: Float32Array): void {
    let bar = this.#bar()
    for (let column = 0; column < before.length; column++) {
      const size = Math.abs(before[column]!)
      if (!(size > bar)) continue
      const at = this.#extremes.findIndex(({ value }) => Math.abs(value) < size)
      const found = { row, column, value: before[column]!, stored: stored[column]! }
      this.#extremes.splice(at < 0 ? this.#extremes.length : at, 0, found)
      if (this.#extremes.length > EXTREMES) this.#extremes.pop()
      bar = this.#bar()
    }
  }

  /** What a weight must exceed to be among the largest. */
  #bar(): number {
    return this.#extremes.length < EXTREMES ? -1 : Math.abs(this.#extremes.at(-1)!.value)
  }

  result(): Omit<Distributions, 'name' | 'out' | 'rescaled'> {
    const { known, columns, kinds } = this
    const rows = this.#rows
    const of = (power: number, column: number) => this.#moments[4 * column + power]!
    return {
      ...{ rows, in: columns, original: known },
      weights: known ? closed(this.#weights) : null,
      stored: closed(this.#stored),
      error: known ? { ...closed(this.#errors), rms: Math.sqrt(this.#squaredError / (rows * columns)) } : null,
      relative: known && kinds.some(({ even }) => even) ? closed(this.#relative) : null,
      flat: this.#flat,
      codes: kinds.map((_, kind) => this.#codeTally(kind)),
      columns: {
        norm: Float32Array.from({ length: columns }, (_, j) => Math.sqrt(of(1, j))),
        largest: this.#largest,
        kurtosis: Float32Array.from({ length: columns }, (_, j) =>
          excessKurtosis([of(0, j), of(1, j), of(2, j), of(3, j)], rows),
        ),
      },
      extremes: this.#extremes,
    }
  }

  #codeTally(index: number): CodeTally {
    const { kind, codes, even } = this.kinds[index]!
    const first = this.#firsts[index]!
    const counts = this.#counts.slice(first, first + codes)
    const levels = Array.from(counts, (n, code) => ({
      mean: n > 0 ? this.#sums[first + code]! / n : Number.NaN,
      ...{ low: this.#lows[first + code]!, high: this.#highs[first + code]! },
    }))
    return {
      ...{ kind, bits: Math.log2(codes), counts, weights: counts.reduce((sum, n) => sum + n, 0) },
      places: this.known ? closed(this.#places.bins[index]!) : null,
      levels: even ? null : levels,
    }
  }
}

// Each of these goes over a row by itself: a loop with little in it is compiled to a few instructions a weight.

function countCodes(counts: Uint32Array, firsts: Uint32Array, { codes, kinds }: RowLanes): void {
  for (let column = 0; column < codes.length; column++) counts[firsts[kinds[column]!]! + codes[column]!]!++
}

/** Returns Σ (ŵ − w)². */
function countErrors({ low, scale, slots }: OpenBins, stored: Float32Array, original: Float32Array): number {
  const last = slots.length - 1
  let squares = 0
  for (let column = 0; column < stored.length; column++) {
    const error = stored[column]! - original[column]!
    squares += error * error
    const at = (error - low) * scale + 1
    slots[at >= 1 ? (at < last ? at | 0 : last) : 0]!++
  }
  return squares
}

/** Returns how many weights have levels that all coincide. */
function countPlaces(
  { even, starts, lows, scales, lasts, slots }: PlaceBins,
  relative: OpenBins,
  { codes, kinds, bases, steps }: RowLanes,
  original: Float32Array,
): number {
  let flat = 0
  const { low, scale } = relative
  const errors = relative.slots
  const end = errors.length - 1
  // neighbours mostly share kind and step: neither is looked up, nor divided by, again
  let [kind, step, inverse] = [-1, 0, 0]
  let [from, least, times, last] = [0, 0, 0, 0]
  for (let column = 0; column < codes.length; column++) {
    if (kinds[column] !== kind) {
      kind = kinds[column]!
      ;[from, least, times, last] = [starts[kind]!, lows[kind]!, scales[kind]!, lasts[kind]!]
    }
    if (steps[column] !== step) {
      step = steps[column]!
      inverse = 1 / step
    }
    let place = original[column]!
    if (step !== 0) {
      place = (place - bases[column]!) * inverse
      // (base + step·code − w) / step
      const at = (codes[column]! - place - low) * scale + 1
      errors[at >= 1 ? (at < end ? at | 0 : end) : 0]!++
    } else if (even[kind]) {
      flat++
      continue
    }
    const at = (place - least) * times + 1
    slots[from + (at >= 1 ? (at < last ? at | 0 : last) : 0)]!++
  }
  return flat
}

/** Adds powers of a row to those of its columns, and keeps the largest size of each; returns the largest of the row. */
function addPowers(moments: Float64Array, largest: Float32Array, values: Float32Array): number {
  let most = 0
  for (let column = 0, at = 0; column < values.length; column++, at += 4) {
    const value = values[column]!
    const square = value * value
    moments[at]! += value
    moments[at + 1]! += square
    moments[at + 2]! += square * value
    moments[at + 3]! += square * square
    const size = value < 0 ? -value : value
    if (size > largest[column]!) largest[column] = size
    if (size > most) most = size
  }
  return most
}

/** m₄/m₂² − 3 about the mean, from the sums of powers of n values; NaN where all are the same. */
export function excessKurtosis(sums: readonly [number, number, number, number], n: number): number {
  const [a, b, c, d] = sums.map((sum) => sum / n) as [number, number, number, number]
  const variance = b - a * a
  const fourth = d - 4 * a * c + 6 * a * a * b - 3 * a ** 4
  return variance > b * 1e-12 ? fourth / variance ** 2 - 3 : Number.NaN
}

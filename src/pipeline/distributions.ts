import { toFloat32 } from '../formats/floats'
import type { QuantizedLinear, Scaling } from '../formats/quantized'
import { type RowReader, rowLanes, rowReader } from '../formats/row-reader'
import type { TensorEntry } from '../formats/source'
import { checkCancelled } from './batching'
import { breathe, type Pause, turns } from './breathe'
import type { Histogram } from './histogram'
import { RowTally } from './row-tally'
import { scaledWindow } from './scaling'

/** How the weights of one matrix lie, before and after; docs/measuring.md has the definitions. */
export interface Distributions {
  readonly name: string
  readonly out: number
  readonly in: number
  /** Rows that were counted, evenly spread; all of them but for a first look. */
  readonly rows: number
  /** The original was there to be read; else what is told of weights is told of the stored ones. */
  readonly original: boolean
  /** The run scaled this matrix before it rounded, and the original is taken scaled alike. */
  readonly rescaled: boolean
  /** Of the original weights; null without. */
  readonly weights: Histogram | null
  /** Of the stored weights, in the same bins. */
  readonly stored: Histogram
  /** ŵ − w; null without the original. */
  readonly error: (Histogram & { readonly rms: number }) | null
  /** (ŵ − w) / step of the weights whose levels are even; null without the original or where none are. */
  readonly relative: Histogram | null
  /** Weights whose levels all coincide, of step 0: they are in no histogram by steps. */
  readonly flat: number
  readonly codes: readonly CodeTally[]
  readonly columns: ColumnSpread
  /** The largest |w|, falling. */
  readonly extremes: readonly Extreme[]
}

/** All codes of one kind and width. */
export interface CodeTally {
  readonly kind: 'affine' | 'sign' | 'pair' | 'apart'
  /** log₂ of the number of codes. */
  readonly bits: number
  readonly weights: number
  /** How often each code is used. */
  readonly counts: Uint32Array<ArrayBuffer>
  /** Where the original weights lie: in steps from code 0, or in their own unit where `levels` are given; null without. */
  readonly places: Histogram | null
  /** What each code stands for, over all rows and groups, where levels are not even: NaN and ±∞ for unused codes. */
  readonly levels: readonly { readonly mean: number; readonly low: number; readonly high: number }[] | null
}

/** One value a column. */
export interface ColumnSpread {
  readonly norm: Float32Array<ArrayBuffer>
  /** Largest |w|. */
  readonly largest: Float32Array<ArrayBuffer>
  /** Excess kurtosis m₄/m₂² − 3; NaN where a column is constant. */
  readonly kurtosis: Float32Array<ArrayBuffer>
}

export interface Extreme {
  readonly row: number
  readonly column: number
  readonly value: number
  readonly stored: number
}

export interface DistributionSource {
  readonly linear: QuantizedLinear
  /** The original weights [out, in], still in their file; null without. */
  readonly original: TensorEntry | null
  /** Reading some of its rows reads all of them. */
  readonly whole: boolean
  readonly scaling: Scaling | undefined
}

/** Weights that are read at once. */
const SLAB = 2 ** 20
/** Weights that a first look counts, in blocks of so many rows; a matrix of not many more is counted whole at once. */
const LOOK = { weights: 3 * 2 ** 20, rows: 8, worth: 2 }
/** Rows that say how far histograms reach. */
const SAMPLED_ROWS = 32

/** A first look at some rows, for an answer at once, or all of them. */
export type Extent = 'look' | 'whole'

/**
 * Counts weights row by row: neither the original nor the stored weights are ever held as a whole. Rejects with
 * CancelledError once `signal` is aborted. `pause` is where it lets others be heard.
 */
export async function distributions(
  source: DistributionSource,
  extent: Extent = 'whole',
  signal?: AbortSignal,
  pause: Pause = breathe,
): Promise<Distributions> {
  const { linear, original, scaling } = source
  const { name, out, in: columns } = linear
  const reader = rowReader(linear)
  const stored = rowLanes(columns)
  const slabs = slabsOf(source, extent)
  const read = async (at: number) => {
    const slab = slabs[at]
    return slab && original ? slabOf(original, slab.start, slab.end, columns, scaling) : null
  }
  let next = read(0)
  let tally: RowTally | null = null
  const turn = turns(pause)
  for (const [at, { start, end }] of slabs.entries()) {
    const values = await next
    // the next rows come from the file while these are counted
    next = read(at + 1)
    next.catch(() => {})
    tally ??= new RowTally(reader.kinds, columns, values !== null, spreadOf(reader, values, start, end, columns))
    for (let row = start; row < end; row++) {
      const from = (row - start) * columns
      reader.read(row, stored)
      tally.add(row, stored, values?.subarray(from, from + columns) ?? null)
      await turn()
      checkCancelled(signal)
    }
    checkCancelled(signal)
  }
  return { name, out, rescaled: original !== null && scaling !== undefined, ...tally!.result() }
}

/** The rows to count, as they are read. */
function slabsOf({ linear, original, whole }: DistributionSource, extent: Extent): { start: number; end: number }[] {
  const { out, in: columns } = linear
  const cut = (rows: number, stride: number) =>
    Array.from({ length: Math.ceil(out / stride) }, (_, i) => ({
      start: i * stride,
      end: Math.min(out, i * stride + rows),
    }))
  if (whole && original) return cut(out, out)
  if (extent === 'look' && out * columns > LOOK.worth * LOOK.weights) {
    const blocks = Math.max(1, Math.floor(LOOK.weights / (LOOK.rows * columns)))
    const stride = Math.ceil(out / blocks)
    if (stride > LOOK.rows) return cut(LOOK.rows, stride)
  }
  const rows = Math.max(1, Math.floor(SLAB / columns))
  return cut(rows, rows)
}

async function slabOf(
  entry: TensorEntry,
  start: number,
  end: number,
  columns: number,
  scaling: Scaling | undefined,
): Promise<Float32Array> {
  const values = toFloat32(await entry.read({ start, end }), entry.dtype)
  return scaling ? scaledWindow(values, { row: start, column: 0, columns }, scaling) : values
}

/** Root mean squares of stored weights and errors over some of the first rows. */
function spreadOf(
  reader: RowReader,
  original: Float32Array | null,
  start: number,
  end: number,
  columns: number,
): { weight: number; error: number } {
  const every = Math.max(1, Math.floor((end - start) / SAMPLED_ROWS))
  const weights = new Float32Array(columns)
  let [weight, error, count] = [0, 0, 0]
  for (let row = start; row < end; row += every) {
    reader.read(row, { weights })
    for (let column = 0; column < columns; column++) {
      const value = weights[column]!
      const before = original ? original[(row - start) * columns + column]! : value
      weight += before ** 2
      error += (value - before) ** 2
      count++
    }
  }
  return { weight: Math.sqrt(weight / count), error: Math.sqrt(error / count) }
}

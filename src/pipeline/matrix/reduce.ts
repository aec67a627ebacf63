import { larger } from '../../formats/floats'
import type { Pause } from '../breathe'
import { type Bins, binOf, binRange, binsSpan } from './bins'
import type { RowSource } from './sources'

/**
 * What stands for the weights of a bin: the one of largest size with its sign, its size alone, the mean, or the mean of
 * the sizes. With the first two no outlier is ever lost, however many weights share a bin.
 */
export const REDUCTIONS = ['extreme', 'largest', 'mean', 'size'] as const
export type Reduction = (typeof REDUCTIONS)[number]

/** The places of an axis in the order in which they are shown: the row, or the column, at each place. */
export type Places = Uint32Array<ArrayBuffer>

/** Weights that are read of a file at once. */
const BLOCK = 2 ** 20
/** Milliseconds after which others are heard. */
const STRETCH = 30

interface Grid {
  readonly rows: { readonly places: Places; readonly bins: Bins }
  readonly columns: { readonly places: Places; readonly bins: Bins }
}

/** Numbers of the weights under a grid of bins, row-major [rows, columns] of the bins; NaN counts as nothing. */
export async function reduce(
  source: RowSource,
  { rows, columns }: Grid,
  how: Reduction,
  pause: Pause,
): Promise<Float32Array<ArrayBuffer>> {
  const width = columns.bins.count
  const sums = new Float32Array(rows.bins.count * width)
  const add = adder(source, columns, how, sums)
  for await (const block of blocksOf(source, rows, columns.places.length, pause))
    for (const { row, place } of block) add(row, binOf(rows.bins, place) * width)
  finish(sums, { rows, columns }, how)
  return sums
}

/** Adds the weights of a row to its bins, which begin at `at` of the sums. */
function adder(
  source: RowSource,
  { places, bins }: Grid['columns'],
  how: Reduction,
  sums: Float32Array<ArrayBuffer>,
): (row: number, at: number) => void {
  const { start, end } = binsSpan(bins)
  const shown = places.subarray(start, end)
  const binOfPlace = Uint32Array.from(shown, (_, i) => binOf(bins, start + i))
  const extreme = how === 'extreme' || how === 'largest'
  if (extreme && source.extremes) {
    const binOfColumn = new Int32Array(places.length).fill(-1)
    for (let i = 0; i < shown.length; i++) binOfColumn[shown[i]!] = binOfPlace[i]!
    const kept = new Int32Array(sums.buffer)
    const keep = source.extremes(binOfColumn)
    return (row, at) => keep(row, kept, at)
  }
  const add = extreme ? keepExtreme : how === 'mean' ? addUp : addSizes
  const values = new Float32Array(places.length)
  return (row, at) => {
    source.read(row, values, shown)
    add(sums, at, binOfPlace, values, shown)
  }
}

type Add = (
  sums: Float32Array<ArrayBuffer>,
  at: number,
  bins: Uint32Array,
  values: Float32Array<ArrayBuffer>,
  columns: Uint32Array,
) => void

const keepExtreme: Add = (sums, at, bins, values, columns) => {
  const [kept, found] = [bitsOf(sums), bitsOf(values)]
  for (let i = 0; i < columns.length; i++) {
    const bin = at + bins[i]!
    kept[bin] = larger(kept[bin]!, found[columns[i]!]!)
  }
}

const bitsOf = ({ buffer, byteOffset, length }: Float32Array) => new Int32Array(buffer, byteOffset, length)

const addUp: Add = (sums, at, bins, values, columns) => {
  for (let i = 0; i < columns.length; i++) {
    const value = values[columns[i]!]!
    if (!Number.isNaN(value)) sums[at + bins[i]!]! += value
  }
}

const addSizes: Add = (sums, at, bins, values, columns) => {
  for (let i = 0; i < columns.length; i++) {
    const value = Math.abs(values[columns[i]!]!)
    if (!Number.isNaN(value)) sums[at + bins[i]!]! += value
  }
}

function finish(sums: Float32Array, { rows, columns }: Grid, how: Reduction): void {
  const width = columns.bins.count
  if (how === 'largest') for (let i = 0; i < sums.length; i++) sums[i] = Math.abs(sums[i]!)
  if (how !== 'mean' && how !== 'size') return
  const sizes = Float32Array.from({ length: width }, (_, bin) => sizeOf(columns.bins, bin))
  for (let y = 0; y < rows.bins.count; y++) {
    const high = sizeOf(rows.bins, y)
    for (let x = 0; x < width; x++) sums[y * width + x]! /= high * sizes[x]!
  }
}

const sizeOf = (bins: Bins, bin: number): number => {
  const [first, last] = binRange(bins, bin)
  return last - first
}

/** Every shown row with its place, by rising rows, in blocks that are prepared; with a break now and then. */
async function* blocksOf({ prepare }: RowSource, { places, bins }: Grid['rows'], columns: number, pause: Pause) {
  const { start, end } = binsSpan(bins)
  const shown = Array.from({ length: end - start }, (_, i) => ({ row: places[start + i]!, place: start + i }))
  shown.sort((a, b) => a.row - b.row)
  const most = Math.max(1, Math.floor(BLOCK / columns))
  let last = performance.now()
  for (let i = 0, next = 0; i < shown.length; i = next) {
    const first = shown[i]!.row
    // rows far apart are read on their own
    for (next = i + 1; next < shown.length && shown[next]!.row < first + most; next++)
      if (shown[next]!.row - shown[next - 1]!.row >= 8) break
    if (prepare) await prepare(first, shown[next - 1]!.row + 1)
    if (performance.now() - last > STRETCH) {
      await pause()
      last = performance.now()
    }
    yield shown.slice(i, next)
  }
}

/** Bins out of smaller ones: `cells` [⌈rows / size⌉, ⌈columns / size⌉] hold `size` × `size` places each. */
export function reduceCells(
  cells: Float32Array,
  size: number,
  rows: Bins,
  columns: Bins,
  how: Reduction,
): Float32Array<ArrayBuffer> {
  const across = Math.ceil(columns.total / size)
  const xs = cellRanges(columns, size)
  const ys = cellRanges(rows, size)
  const sums = new Float32Array(rows.count * columns.count)
  const add = how === 'mean' || how === 'size' ? addMeans : addExtremes
  add(cells, { across, size, xs, ys, rows: rows.total, columns: columns.total }, sums)
  return sums
}

/** Bins [xs.length / 2] × [ys.length / 2] by the cells, so many across a row of them, that each begins and ends with. */
interface CellGrid {
  readonly across: number
  readonly size: number
  readonly xs: Uint32Array
  readonly ys: Uint32Array
  /** Places of either axis. */
  readonly rows: number
  readonly columns: number
}

function addExtremes(cells: Float32Array, { across, xs, ys }: CellGrid, sums: Float32Array): void {
  const [found, kept] = [bitsOf(cells), bitsOf(sums)]
  const width = xs.length / 2
  for (let y = 0; 2 * y < ys.length; y++)
    for (let row = ys[2 * y]!; row < ys[2 * y + 1]!; row++)
      for (let x = 0, start = row * across; x < width; x++) {
        let most = kept[y * width + x]!
        for (let at = start + xs[2 * x]!, end = start + xs[2 * x + 1]!; at < end; at++) most = larger(most, found[at]!)
        kept[y * width + x] = most
      }
}

function addMeans(cells: Float32Array, grid: CellGrid, sums: Float32Array): void {
  const { across, size, xs, ys } = grid
  const width = xs.length / 2
  for (let y = 0; 2 * y < ys.length; y++)
    for (let x = 0; x < width; x++) {
      let [sum, weight] = [0, 0]
      for (let row = ys[2 * y]!; row < ys[2 * y + 1]!; row++)
        for (let at = row * across + xs[2 * x]!, end = row * across + xs[2 * x + 1]!; at < end; at++) {
          const held = placesIn(grid.rows, size, row) * placesIn(grid.columns, size, at - row * across)
          sum += cells[at]! * held
          weight += held
        }
      sums[y * width + x] = sum / weight
    }
}

const placesIn = (total: number, size: number, cell: number): number => Math.min(size, total - cell * size)

/** First cell and one past the last of every bin: each cell is in a bin, and none is without a cell. */
function cellRanges(bins: Bins, size: number): Uint32Array {
  const ranges = new Uint32Array(2 * bins.count)
  for (let bin = 0; bin < bins.count; bin++) {
    const [first, last] = binRange(bins, bin)
    ranges[2 * bin] = Math.floor(first / size)
    const end = last === bins.total ? Math.ceil(last / size) : Math.floor(last / size)
    ranges[2 * bin + 1] = Math.max(ranges[2 * bin]! + 1, end)
  }
  return ranges
}

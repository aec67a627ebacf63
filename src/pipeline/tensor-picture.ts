import { FormatError } from '../errors'
import type { MatrixWindow, TensorLane, TensorPicture, TensorWish } from '../file-records'
import type { BlockPart, Piece, ViewedTensor } from '../formats/viewed-tensor'
import { checkCancelled } from './batching'
import { Tally } from './tensor-statistics'

/** Weights read for a picture unless all are asked for, and at once. */
const MOST_READ = 2 ** 23
const PIECE = 2 ** 18
/** Reads of a window whose rows do not lie together, unless all are asked for. */
const MOST_READS = 4096
const MOST_CELLS = 1024

/** What a cell of many numbers shows. */
const SHOWS: Readonly<Record<TensorLane, 'furthest' | 'root mean square' | 'mean' | 'first'>> = {
  ...{ peak: 'furthest', scale: 'furthest', minimum: 'furthest', super: 'furthest', rms: 'root mean square' },
  ...{ code: 'mean', level: 'mean', sign: 'mean', shift: 'mean', entry: 'first' },
}

interface Options {
  readonly signal?: AbortSignal
  readonly onProgress?: (read: number, of: number) => void
}

/** Consecutive weights of one row: [start, end) of the tensor's weights. */
interface Span {
  readonly start: number
  readonly end: number
}

/**
 * A tensor, or a window of it, in cells, and the statistics of what was read for that. Of one that is larger than `MOST_READ` weights some
 * rows are read for every cell, evenly spread, and of very long ones some stretches.
 */
export async function tensorPicture(
  tensor: ViewedTensor,
  wish: Omit<TensorWish, 'name'>,
  { signal, onProgress }: Options = {},
): Promise<TensorPicture> {
  const { rows, columns } = tensor
  const window = inside(wish.window ?? { row: 0, rows, column: 0, columns }, tensor)
  const lanes: TensorLane[] = ['peak', 'rms', ...tensor.parts]
  const lane = lanes.includes(wish.lane) ? wish.lane : 'peak'
  const across = Math.min(window.columns, MOST_CELLS, wish.across)
  const down = Math.min(window.rows, MOST_CELLS, wish.down)
  const cells = new Cells(lane, window, across, down)
  const tally = new Tally()
  const spans = spansOf(window, columns, down, wish.whole ? Number.POSITIVE_INFINITY : MOST_READ)
  const weights = window.rows * window.columns
  let read = 0
  const pieceOf = await tensor.open()
  for (const { start, end, parts } of piecesOf(spans, tensor.unit)) {
    checkCancelled(signal)
    const piece = await pieceOf(start, end - start)
    for (const part of parts) {
      tally.add(piece.values, part.start - start, part.end - start)
      cells.add(piece, start, part, columns)
      read += part.end - part.start
    }
    onProgress?.(read, weights)
  }
  const block = tensor.block
  return {
    ...{ rows, columns, window, lane, lanes, across, down, cells: cells.values(), block },
    ...{ statistics: tally.statistics, weights, read },
  }
}

/** The window, held against the tensor that it is of. */
function inside(window: MatrixWindow, { rows, columns }: ViewedTensor): MatrixWindow {
  const { row, rows: high, column, columns: wide } = window
  const fits = (first: number, count: number, all: number) =>
    Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count > 0 && first + count <= all
  if (fits(row, high, rows) && fits(column, wide, columns)) return window
  throw new FormatError(
    `tensor: expected a window of a [${rows}, ${columns}] matrix that holds weights, got rows ${row} to ${row + high} and columns ${column} to ${column + wide} — choose another part`,
  )
}

/** What is read of a window: all of it, or some rows for every row of cells, and stretches of rows that are too long. */
function* spansOf(window: MatrixWindow, columns: number, down: number, most: number): Generator<Span> {
  const perRow = Math.max(1, Math.floor(most / down))
  const isWide = window.columns > perRow
  const apart = window.columns < columns && Number.isFinite(most)
  const mostRows = apart ? Math.max(1, Math.floor(MOST_READS / down)) : Number.POSITIVE_INFINITY
  for (let cell = 0; cell < down; cell++) {
    const first = Math.floor((cell * window.rows) / down)
    const count = Math.floor(((cell + 1) * window.rows) / down) - first
    const taken = Math.min(count, mostRows, Math.max(1, Math.floor(perRow / window.columns)))
    for (let i = 0; i < taken; i++) {
      const row = window.row + first + Math.floor((i * count) / taken)
      const start = row * columns + window.column
      if (isWide) yield* stretches({ start, end: start + window.columns }, perRow)
      else yield { start, end: start + window.columns }
    }
  }
}

/** Stretches of a row, evenly spread, of so many weights together. */
function* stretches({ start, end }: Span, most: number): Generator<Span> {
  const count = MOST_CELLS
  const length = Math.max(1, Math.floor(most / count))
  for (let i = 0; i < count; i++) {
    const from = start + Math.floor((i * (end - start)) / count)
    yield { start: from, end: Math.min(end, from + length) }
  }
}

interface Reading extends Span {
  readonly parts: readonly Span[]
}

/** Spans that lie together are read together, those that are long in pieces; all of them in whole units of the tensor. */
function* piecesOf(spans: Iterable<Span>, unit: number): Generator<Reading> {
  const down = (place: number) => Math.floor(place / unit) * unit
  const up = (place: number) => Math.ceil(place / unit) * unit
  const most = Math.max(unit, down(PIECE))
  let open: { start: number; end: number; parts: Span[] } | null = null
  for (const span of spans)
    for (let at = span.start; at < span.end; ) {
      const joins: boolean = open !== null && down(at) <= open.end && down(at) >= open.start
      if (!open || !joins || at - open.start >= most) {
        if (open) yield open
        open = { start: down(at), end: up(at + 1), parts: [] }
      }
      const end = Math.min(span.end, open.start + most)
      open.parts.push({ start: at, end })
      open.end = Math.max(open.end, up(end))
      at = end
    }
  if (open) yield open
}

/** The cells of a picture as weights come by. */
class Cells {
  /** Values that are shown, or sums. */
  readonly #found: Float64Array
  readonly #counts: Float64Array

  constructor(
    private readonly lane: TensorLane,
    private readonly window: MatrixWindow,
    private readonly across: number,
    private readonly down: number,
  ) {
    this.#found = new Float64Array(across * down)
    this.#counts = new Float64Array(across * down)
  }

  /** Weights [start, end) of the tensor, out of a piece that begins at `first`; a span stays in the window, and may go over rows. */
  add(piece: Piece, first: number, { start, end }: Span, columns: number): void {
    const { lane, window, across, down } = this
    const numbers =
      lane === 'peak' || lane === 'rms' ? { values: piece.values, span: 1 } : piece.part(lane satisfies BlockPart)
    for (let at = start; at < end; ) {
      const row = Math.floor(at / columns)
      const rowEnd = Math.min(end, (row + 1) * columns)
      const line = Math.ceil(((row - window.row + 1) * down) / window.rows) - 1
      while (at < rowEnd) {
        const column = at - row * columns - window.column
        const cell = Math.ceil(((column + 1) * across) / window.columns) - 1
        const next = row * columns + window.column + Math.floor(((cell + 1) * window.columns) / across)
        const stop = Math.min(rowEnd, Math.max(at + 1, next))
        this.#addTo(line * across + cell, numbers, at - first, stop - first)
        at = stop
      }
    }
  }

  #addTo(cell: number, { values, span }: ReturnType<Piece['part']>, from: number, to: number): void {
    const shows = SHOWS[this.lane]
    let [found, count] = [this.#found[cell]!, this.#counts[cell]!]
    for (let i = from; i < to; i++) {
      const value = span === 1 ? values[i]! : values[Math.floor(i / span)]!
      if (!Number.isFinite(value)) continue
      count++
      if (shows === 'mean') found += value
      else if (shows === 'root mean square') found += value * value
      else if (shows === 'first' ? count === 1 : Math.abs(value) > Math.abs(found)) found = value
    }
    this.#found[cell] = found
    this.#counts[cell] = count
  }

  values(): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.#found, (found, cell) => {
      const count = this.#counts[cell]!
      if (count === 0) return Number.NaN
      const shows = SHOWS[this.lane]
      if (shows === 'root mean square') return Math.sqrt(found / count)
      return shows === 'mean' ? found / count : found
    })
  }
}

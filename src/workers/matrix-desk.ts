import { invariant } from '../errors'
import type { StoredLinears } from '../formats/packed-model'
import type { QuantizedLinear, Scalings } from '../formats/quantized'
import { rowReader } from '../formats/row-reader'
import type { TensorEntry } from '../formats/source'
import { breathe, type Pause } from '../pipeline/breathe'
import { type Bins, binsFor, binsSpan } from '../pipeline/matrix/bins'
import { readCells } from '../pipeline/matrix/cells'
import { type Reach, reachOf, wider } from '../pipeline/matrix/reach'
import { type Places, type Reduction, reduce, reduceCells } from '../pipeline/matrix/reduce'
import { type RowRecord, rowRecord } from '../pipeline/matrix/row-record'
import { type MatrixData, type Quantity, type RowSource, rowSource } from '../pipeline/matrix/sources'
import type { FileStore } from '../storage/store'
import {
  type Axis,
  type ImageRequest,
  type MatrixApi,
  type MatrixImage,
  MOST_CELLS,
  type OtherResult,
} from './matrix-api'
import { otherResult } from './other-result'

/** A result as it is looked at. */
export interface Looked extends StoredLinears {
  readonly scalings: Scalings
  readonly original: (name: string) => TensorEntry | undefined
}

/** The matrix at hand: what a look at another one, or at another result, puts aside. */
interface Held {
  readonly name: string
  readonly of: object
  readonly linear: QuantizedLinear
  readonly data: MatrixData
  /** The whole matrix in cells of a few weights, the latest first. */
  readonly overviews: Overview[]
  rows: Promise<RowRecord> | null
}

/** Cells [⌈rows / size⌉, ⌈columns / size⌉] of size × size weights, of one quantity in one order. */
interface Overview {
  readonly quantity: Quantity
  readonly reduction: Reduction
  readonly rows: Places
  readonly columns: Places
  readonly size: number
  readonly cells: Promise<Float32Array<ArrayBuffer>>
  readonly reach: Promise<Reach>
}

/** Cells that an overview may have, 16 MB of them. */
const MOST_OVERVIEW = 2 ** 22
const LEAST_CELL = 4
/** Overviews kept: what a person goes back and forth between. */
const KEPT = 4
/** Weights that are read for one picture; of more, the overview's cells are. */
const DIRECT = 3 * 2 ** 20
/** Bins a picture may have on either side. */
const MOST_BINS = 16_384

/** Pictures of one matrix at a time, in the engine's worker. `result` is the one shown now; it is another object when it changes. */
export class MatrixDesk implements MatrixApi {
  #held: Promise<Held> | null = null
  #asked: { name: string; of: object } | null = null
  readonly #making = new Set<Promise<void>>()
  #other: { readonly model: object; readonly linears: StoredLinears } | null = null

  constructor(
    private readonly result: () => { readonly of: object; readonly model: object; readonly looked: Looked },
    /** Where the codes of kept runs are. */
    private readonly runs: FileStore,
  ) {}

  open = async (module: string): Promise<void> => {
    await this.#take(module)
  }

  image = (request: ImageRequest): Promise<MatrixImage | null> => {
    const made = this.#image(request)
    const settled = () => void this.#making.delete(settling)
    const settling = made.then(settled, settled)
    this.#making.add(settling)
    return made
  }

  /** A turn for messages, and then the end of all pictures that are being made. */
  async idle(): Promise<void> {
    await breathe()
    while (this.#making.size > 0) {
      await Promise.all(this.#making)
      // the next picture may be asked for in answer to this one
      await breathe()
    }
  }

  async #image(request: ImageRequest): Promise<MatrixImage | null> {
    const { quantity, reduction, rows, columns } = request
    checkAxis(rows)
    checkAxis(columns)
    const held = await this.#take(request.module)
    const source = rowSource(held.data, quantity)
    if (!source) return null
    invariant(
      rows.places.length === held.data.out && columns.places.length === held.data.in,
      'places of another matrix',
    )
    try {
      const slow = source.extremes === null || reduction === 'mean' || reduction === 'size'
      const weights = held.data.out * held.data.in
      if (request.hurry && slow && weights > SKETCHED && !known(held, request))
        return await sketch(source, request, Math.ceil(weights / SKETCHED), this.#pauseFor(held))
      const overview = this.#overview(held, request)
      const reach = await overview.reach
      const cells = await overview.cells
      const shown = placesOf(rows.bins)
      // of a file, whole rows are read
      const near = shown * placesOf(columns.bins) <= DIRECT && (!source.prepare || shown * held.data.in <= 4 * DIRECT)
      const values = near
        ? await reduce(rowSource(held.data, quantity)!, { rows, columns }, reduction, this.#pauseFor(held))
        : reduceCells(cells, overview.size, rows.bins, columns.bins, reduction)
      const seen = near && (reduction === 'mean' || reduction === 'size') ? wider(reach, reachOf(values)) : reach
      return { quantity, reduction, rows: rows.bins, columns: columns.bins, values, reach: seen, sketch: false }
    } catch (error) {
      if (error instanceof Superseded) return null
      throw error
    }
  }

  rows = async (module: string): Promise<RowRecord> => {
    const held = await this.#take(module)
    held.rows ??= rowRecord(held.data, breathe)
    return held.rows
  }

  stored = async (module: string): Promise<Places> => {
    const { linear } = await this.#take(module)
    const perm = linear.kind === 'affine' ? linear.perm : null
    return perm ?? new Uint32Array(linear.in).map((_, place) => place)
  }

  cells = async (module: string, rows: Places, columns: Places) => {
    const { data, linear, name, of } = await this.#take(module)
    invariant(rows.length * columns.length <= MOST_CELLS, 'more cells than are told of at once')
    invariant(
      rows.every((row) => row < data.out) && columns.every((column) => column < data.in),
      () => `cells outside of ${module}`,
    )
    const rescaled = this.result().of === of && this.result().looked.scalings.has(name)
    return { ...(await readCells(data, rows, columns)), signs: linear.kind === 'sign', rescaled }
  }

  compare = async (other: OtherResult | null): Promise<void> => {
    const { model, looked } = this.result()
    this.#other = other && { model, linears: await otherResult(other, looked.headers, this.runs) }
    this.#held = null
  }

  compares = async (): Promise<boolean> => this.#other !== null && this.#other.model === this.result().model

  /** The matrix of this name, from what is shown now. */
  async #take(name: string): Promise<Held> {
    const { of, model, looked } = this.result()
    if (this.#other?.model !== model) this.#other = null
    if (!this.#held || this.#asked?.name !== name || this.#asked.of !== of) {
      this.#asked = { name, of }
      const held = this.#open(name, of, looked)
      this.#held = held
      held.catch(() => {
        if (this.#held === held) this.#held = null
      })
    }
    return this.#held
  }

  async #open(name: string, of: object, looked: Looked): Promise<Held> {
    const linear = await looked.linear(name)
    const others = this.#other?.linears
    const header = others?.headers.get(name)
    const fits = header?.out === linear.out && header.in === linear.in
    const other = fits && others ? rowReader(await this.#ofOther(others, name)) : null
    const { out, in: columns } = linear
    const entry = looked.original(name)
    const original = entry && entry.shape[0] === out && entry.shape[1] === columns ? entry : null
    const scaling = looked.scalings.get(name)
    const data = { out, in: columns, rows: rowReader(linear), original, scaling, other }
    return { name, of, linear, data, overviews: [], rows: null }
  }

  /** A result that cannot be read any more, as that of a run that was deleted, is left: the shown one is still to be seen. */
  #ofOther(others: StoredLinears, name: string): Promise<QuantizedLinear> {
    return others.linear(name).catch((error) => {
      if (this.#other?.linears === others) this.#other = null
      throw error
    })
  }

  #overview(held: Held, request: ImageRequest): Overview {
    const { overviews, data } = held
    const { quantity, reduction, rows, columns } = request
    const one = known(held, request)
    if (one) {
      overviews.splice(overviews.indexOf(one), 1)
      overviews.unshift(one)
      return one
    }
    let size = LEAST_CELL
    while (Math.ceil(data.out / size) * Math.ceil(data.in / size) > MOST_OVERVIEW) size *= 2
    const grid = { rows: whole(rows.places, size), columns: whole(columns.places, size) }
    const cells = reduce(rowSource(data, quantity)!, grid, reduction, this.#pauseFor(held))
    const made = {
      quantity,
      reduction,
      rows: rows.places,
      columns: columns.places,
      size,
      cells,
      reach: cells.then(reachOf),
    }
    cells.catch(() => {
      if (overviews.includes(made)) overviews.splice(overviews.indexOf(made), 1)
    })
    made.reach.catch(() => {})
    overviews.unshift(made)
    overviews.splice(KEPT)
    return made
  }

  /** Lets what waits be heard; a picture of a matrix that nobody looks at any more ends there. */
  #pauseFor =
    (held: Held): Pause =>
    async () => {
      await breathe()
      if (this.#asked?.name !== held.name || this.#asked.of !== held.of) throw new Superseded()
    }
}

/** The overview that a picture would be made of, where there is one. */
const known = ({ overviews }: Held, { quantity, reduction, rows, columns }: ImageRequest): Overview | undefined =>
  overviews.find(
    (one) =>
      one.quantity === quantity &&
      one.reduction === reduction &&
      same(one.rows, rows.places) &&
      same(one.columns, columns.places),
  )

/** The columns asked for, of one row in `every`: there in a part of the time. */
async function sketch(
  source: RowSource,
  { quantity, reduction, rows, columns }: ImageRequest,
  every: number,
  pause: Pause,
): Promise<MatrixImage> {
  const total = Math.ceil(rows.places.length / every)
  const places = Uint32Array.from({ length: total }, (_, i) => rows.places[i * every]!)
  const bins = binsFor({ start: 0, end: total }, rows.bins.count, total)
  const values = await reduce(source, { rows: { places, bins }, columns }, reduction, pause)
  const spread = { ...bins, total: rows.places.length, step: bins.step * every }
  return { quantity, reduction, rows: spread, columns: columns.bins, values, reach: reachOf(values), sketch: true }
}

/** Weights that a sketch is made of. */
const SKETCHED = 2 ** 22

/** Another matrix was asked for. */
class Superseded extends Error {}

const placesOf = (bins: Bins): number => {
  const { start, end } = binsSpan(bins)
  return end - start
}

const whole = (places: Places, size: number): Axis => {
  const total = places.length
  const bins = binsFor({ start: 0, end: total }, total, total)
  return { places, bins: { ...bins, step: size, count: Math.ceil(total / size) } }
}

function checkAxis({ places, bins }: Axis): void {
  const { total, step, first, count } = bins
  invariant(
    total === places.length && step >= 1 && first >= 0 && count >= 1 && count <= MOST_BINS && placesOf(bins) > 0,
    'bins that do not fit their places',
  )
}

const same = (a: Places, b: Places): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

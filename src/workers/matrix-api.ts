import type { Bins } from '../pipeline/matrix/bins'
import type { Reach } from '../pipeline/matrix/reach'
import type { Places, Reduction } from '../pipeline/matrix/reduce'
import type { RowRecord } from '../pipeline/matrix/row-record'
import type { Quantity } from '../pipeline/matrix/sources'

export type { RowRecord } from '../pipeline/matrix/row-record'

/** One matrix of the result, looked at: pictures of any part of it, its rows, single weights. Reads what is stored, needs no GPU. */
export interface MatrixApi {
  /** What there is to be looked at, and every row in a number or two: a pass over the whole matrix. */
  rows(module: string): Promise<RowRecord>
  /** Begins to read a matrix of which pictures will be asked. */
  open(module: string): Promise<void>
  /** The original column at every stored place. */
  stored(module: string): Promise<Places>
  /** Bins of a window; null where the quantity needs what is not here, or another matrix was asked for meanwhile. */
  image(request: ImageRequest): Promise<MatrixImage | null>
  /** Everything about single weights, of all these rows in all these columns; at most `MOST_CELLS`. */
  cells(module: string, rows: Places, columns: Places): Promise<MatrixCells>
  /** Takes the same model, quantized, as the other result of `other` and `difference`; null takes it away. */
  compare(other: OtherResult | null): Promise<void>
  /** Whether there is another result: one that could not be read is left, and what was asked for then rejects. */
  compares(): Promise<boolean>
}

/** Packed files, or a run that this browser keeps, by the folder of its codes. */
export type OtherResult = { readonly files: readonly File[] } | { readonly name: string; readonly folder: string }

/** Cells that are told of at once. */
export const MOST_CELLS = 16_384

export interface ImageRequest {
  readonly module: string
  readonly quantity: Quantity
  readonly reduction: Reduction
  readonly rows: Axis
  readonly columns: Axis
  /** Where the exact picture would take long, a sketch of some of the rows will do for now. */
  readonly hurry: boolean
}

/** The row, or column, at every place, and which places are gathered into which bins. */
export interface Axis {
  readonly places: Places
  readonly bins: Bins
}

export interface MatrixImage {
  readonly quantity: Quantity
  readonly reduction: Reduction
  readonly rows: Bins
  readonly columns: Bins
  /** [rows, columns] of the bins. */
  readonly values: Float32Array<ArrayBuffer>
  /** Made of some of the rows only: columns are right, a lone weight may be missing. */
  readonly sketch: boolean
  /** Of the whole matrix, in cells of a few weights. */
  readonly reach: Reach
}

/** Row-major [rows, columns] each. */
export interface MatrixCells {
  readonly rows: Places
  readonly columns: Places
  readonly weight: Float32Array<ArrayBuffer>
  readonly original: Float32Array<ArrayBuffer> | null
  readonly other: Float32Array<ArrayBuffer> | null
  readonly code: Uint8Array<ArrayBuffer>
  /** How many levels the code may name. */
  readonly levels: Uint16Array<ArrayBuffer>
  readonly bits: Uint8Array<ArrayBuffer>
  /** Of its row. */
  readonly group: Uint32Array<ArrayBuffer>
  /** w = scale·(code − zero), or what signs lie about and how far. */
  readonly scale: Float32Array<ArrayBuffer>
  readonly zero: Float32Array<ArrayBuffer>
  /** 1 where a weight is stored with more than a sign and a group; null where the method singles none out. */
  readonly salient: Uint8Array<ArrayBuffer> | null
  /** Codes are signs and groups, not integers. */
  readonly signs: boolean
  /** The run scaled this matrix before it rounded, and `original` is scaled alike. */
  readonly rescaled: boolean
}

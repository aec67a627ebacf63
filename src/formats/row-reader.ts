import { affineRows } from './affine-rows'
import type { KeepExtremes } from './bin-extremes'
import type { QuantizedLinear } from './quantized'
import { signRows } from './sign-rows'

/** Reads a linear row by row; nothing larger than a row is ever unpacked. */
export interface RowReader {
  readonly kinds: readonly CodeKind[]
  /**
   * A row into the lanes that are given, [in] each; the others cost nothing. Of these `columns` at least, where they are given.
   */
  read(row: number, lanes: Partial<RowLanes>, columns?: Uint32Array): void
  /**
   * The weights of largest size of bins of columns, much faster than by `read`: `binOf` [in] has the bin of every column, −1
   * where it is in none. Null where weights do not grow with their codes.
   */
  readonly extremes: ((binOf: Int32Array) => KeepExtremes) | null
  /** Where the levels of a weight come from. */
  source(row: number, column: number): LevelSource
}

/**
 * Codes of a linear that mean the same kind of thing.
 * - `affine`: integers of one width
 * - `sign`: a sign and the group of its amplitude, 2·group + sign
 * - `pair`: the two signs of a salient column, 2·first + second
 * - `apart`: integers of the weights that are stored by themselves
 */
export interface CodeKind {
  readonly kind: 'affine' | 'sign' | 'pair' | 'apart'
  /** Bits that stand for a weight of it, with those that it takes of planes; places of weights apart are not counted. */
  readonly bits: number
  /** How many codes there are, each with a level of its own. */
  readonly codes: number
  /** Levels of a (row, group) are base + step·code. */
  readonly even: boolean
}

/** What is known of a row: a value a column, in the original order. */
export interface RowLanes {
  /** Ŵ[row, :], to the bit what `dequantize` gives. */
  readonly weights: Float32Array
  readonly codes: Uint8Array
  /** Index into the kinds. */
  readonly kinds: Uint8Array
  /** Where code 0 lies, and from there to the next; a step of 0 where levels are not even. */
  readonly bases: Float32Array
  readonly steps: Float32Array
}

/** Group of a weight and what it says of levels. */
export interface LevelSource {
  /** The group of its column; of signs the group id. */
  readonly group: number
  /** w = scale·(code − zero); of signs zero ± scale. */
  readonly scale: number
  readonly zero: number
}

export const rowReader = (linear: QuantizedLinear): RowReader =>
  linear.kind === 'sign' ? signRows(linear) : affineRows(linear)

export const rowLanes = (columns: number): RowLanes => ({
  weights: new Float32Array(columns),
  codes: new Uint8Array(columns),
  kinds: new Uint8Array(columns),
  bases: new Float32Array(columns),
  steps: new Float32Array(columns),
})

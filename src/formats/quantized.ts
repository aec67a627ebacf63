/**
 * The one currency between methods, viewer, matmul, evaluation and export: a linear layer as stored codes.
 * `dequantize` of these bytes is the definition of the result; nobody keeps a float shadow.
 *
 * Byte layout and a worked example: docs/format.md.
 */
export type QuantizedLinear = AffineLinear | SignLinear

/** Widths a segment may have. */
export const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8] as const
export type Width = (typeof WIDTHS)[number]

/** Columns a code chunk holds: segments are padded to whole chunks, so that a chunk of b-bit codes is b words. */
export const CHUNK = 32

/**
 * W [out, in] as uniform codes: w = scale·(q − zero) or w = min + step·q.
 *
 * *Stored order* lists all columns segment by segment; a segment holds the columns of one bit-width. Codes of a row
 * and segment are a little-endian bit string: 32 columns make a chunk of `bits` words, padded columns hold code 0.
 */
export interface AffineLinear {
  readonly kind: 'affine'
  readonly name: string
  readonly out: number
  readonly in: number
  /** Original column of every stored column, or null when the order was kept. Length `in`, without padding. */
  readonly perm: Uint32Array<ArrayBuffer> | null
  readonly segments: readonly Segment[]
  /** Group index of every stored column, or null when groups are runs of `groupSize` stored columns. */
  readonly groupOf: Uint16Array<ArrayBuffer> | null
  /**
   * Columns a group, when regular; `in` itself for one group a row; the average that `rule` aims at; meaningless when
   * `groupOf` is given without a rule.
   */
  readonly groupSize: number
  /** Groups a row. */
  readonly groups: number
  /**
   * Given when `segments`, `perm` and `groupOf` are what `placeColumns` makes of the columns' widths: a file then keeps
   * the widths instead.
   */
  readonly rule?: Ranges
  /** All segments one after another; a segment is [out][chunks][bits] words. */
  readonly codes: Uint32Array<ArrayBuffer>
  readonly grid: Grid
}

/**
 * Which columns a rule lets share a group:
 * - `width`: columns of the same width; what is stored together is ranged together
 * - `shared`: columns in original order, whatever their widths; only 1-bit columns, whose levels lie about the mean and
 *   not at the ends, are ranged among themselves
 */
export type Ranges = 'width' | 'shared'

export interface Segment {
  readonly bits: Width
  /** Real columns, without padding. */
  readonly columns: number
}

/**
 * Where the levels of a (row, group) lie; arrays are [out, groups], f16 as its bits.
 * - symmetric: w = scale·(q − 2^(bits−1)); for one bit w = scale·(2q − 1)
 * - zero: w = scale·(q − zero), zero a `zeroBits`-bit integer, bit-packed row after row as one little-endian bit string
 * - range: w = min + step·q with step = range/(2^bits − 1) to 16 significant bits (`stepOf`), so that columns of
 *   several widths may share a group
 * Symmetric and zero weights are exact in float32; range weights round once, in the sum.
 */
export type Grid =
  | { readonly type: 'symmetric'; readonly scale: Uint16Array<ArrayBuffer> }
  | {
      readonly type: 'zero'
      readonly scale: Uint16Array<ArrayBuffer>
      readonly zeroBits: Width
      readonly zeros: Uint32Array<ArrayBuffer>
    }
  | { readonly type: 'range'; readonly min: Uint16Array<ArrayBuffer>; readonly range: Uint16Array<ArrayBuffer> }

/**
 * W [out, in] near one bit: w = center ± amplitude. Which of a few amplitudes, a weight's group id says; single weights
 * or whole columns may be apart, with more than their sign. Planes are bits, a row ⌈in / 32⌉ words, column 32·w + i bit i of
 * word w, a sign 1 for plus.
 *
 * A *cell* is what shares amplitudes: a run of `blockColumns` columns of a row, or of all rows together.
 */
export interface SignLinear {
  readonly kind: 'sign'
  readonly name: string
  readonly out: number
  readonly in: number
  /** Amplitudes a cell, 1 to 8. */
  readonly groups: number
  /** `in` for one cell a row. */
  readonly blockColumns: number
  /** Whether every row has cells of its own. */
  readonly perRow: boolean
  readonly signs: Uint32Array<ArrayBuffer>
  /** Group ids: ⌈log2 groups⌉ planes one after another, the lowest bit first; null for one group. */
  readonly ids: Uint32Array<ArrayBuffer> | null
  /** f16 [out or 1, cells a row, groups] */
  readonly amplitudes: Uint16Array<ArrayBuffer>
  /** As amplitudes; null where all are 0. */
  readonly centers: Uint16Array<ArrayBuffer> | null
  readonly sparse: SparseWeights | null
  readonly columns: SalientColumns | null
}

/** Single weights apart, w = scale·(code − zero) with a scale a row. Their bits in the planes are 0. */
export interface SparseWeights {
  readonly count: number
  /**
   * Where they are, in row-major order: the number of weights between one and the one before as a code of `gapBits`; a
   * code of all ones skips 2^gapBits − 1 weights and is followed by another. One little-endian bit string.
   */
  readonly gapBits: number
  readonly gaps: Uint32Array<ArrayBuffer>
  readonly bits: Width
  /** One bit string of `count` codes. */
  readonly codes: Uint32Array<ArrayBuffer>
  /** f16 [out] */
  readonly scales: Uint16Array<ArrayBuffer>
  /** A bit string of `bits` a row; null where every zero is 2^(bits − 1). */
  readonly zeros: Uint32Array<ArrayBuffer> | null
}

/** Whole columns with a second sign: w = center ± first ± second, in cells of the same runs, always of a row. */
export interface SalientColumns {
  /** A bit a column, ⌈in / 32⌉ words. */
  readonly mask: Uint32Array<ArrayBuffer>
  /** A plane [out] of the columns in the mask, ⌈columns / 32⌉ words a row. */
  readonly signs: Uint32Array<ArrayBuffer>
  /** f16 [out, cells a row, 3]: center, first, second. */
  readonly levels: Uint16Array<ArrayBuffer>
}

/**
 * Parameters other than the linears' weights that a method changed, float32, by full name; norms and biases, all of them
 * vectors. They are stored and evaluated in place of the checkpoint's.
 */
export type ChangedTensors = ReadonlyMap<string, Float32Array<ArrayBuffer>>

/** What a run multiplied a linear's weights by before it quantized them: one factor a row, a column; null is all ones. */
export interface Scaling {
  readonly rows: Float32Array<ArrayBuffer> | null
  readonly columns: Float32Array<ArrayBuffer> | null
}

/** By full name of the linear; those that are missing were not scaled. */
export type Scalings = ReadonlyMap<string, Scaling>

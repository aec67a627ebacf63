import { invariant } from '../errors'
import { packBits } from './bit-string'
import { encodeFloat16 } from './floats'
import { encodeGaps } from './gaps'
import type { SalientColumns, SignLinear, SparseWeights, Width } from './quantized'
import { cellsARow, idPlanes, planeWords, salientRanks } from './sign'

/** A sign linear as plain arrays, [out, in] unless said otherwise; levels are rounded to float16 here. */
export interface SignParts extends Pick<SignLinear, 'name' | 'out' | 'in' | 'groups' | 'blockColumns' | 'perRow'> {
  /** 1 for plus; the first sign of salient columns. What weights apart have is not kept. */
  readonly signs: Uint8Array
  /** Each below `groups`; may be left out for one group. What salient columns and weights apart have is not kept. */
  readonly ids?: Uint8Array | null
  /** [out or 1, cells a row, groups] */
  readonly amplitudes: Float32Array
  /** As amplitudes. */
  readonly centers?: Float32Array | null
  readonly sparse?: SparseParts | null
  readonly columns?: SalientParts | null
}

export interface SparseParts {
  /** row · in + column, ascending. */
  readonly positions: Uint32Array
  readonly bits: Width
  /** Of every position. */
  readonly codes: ArrayLike<number>
  /** [out] */
  readonly scales: Float32Array
  /** [out]; left out where every zero is 2^(bits − 1). */
  readonly zeros?: ArrayLike<number> | null
}

export interface SalientParts {
  /** Ascending. */
  readonly indices: ArrayLike<number>
  /** Second signs, [out, indices]. */
  readonly signs: Uint8Array
  /** [out, cells a row, 3]: center, first, second. */
  readonly levels: Float32Array
}

/** Levels must stay finite: what is too large for a float16 becomes ±65504. */
const toHalf = (values: Float32Array): Uint16Array<ArrayBuffer> =>
  encodeFloat16(values.map((value) => Math.min(65504, Math.max(-65504, value))))

export function packSign(parts: SignParts): SignLinear {
  const { name, out, in: columns, groups, blockColumns, perRow, signs, ids = null, amplitudes, centers = null } = parts
  const levels = (perRow ? out : 1) * cellsARow(parts) * groups
  const fits =
    signs.length === out * columns &&
    (groups === 1 || ids?.length === signs.length) &&
    amplitudes.length === levels &&
    (centers?.length ?? levels) === levels
  invariant(fits, () => `${name}: signs, ids or levels do not fit [${out}, ${columns}] in ${groups} groups`)
  const sparse = parts.sparse?.positions.length ? packSparse(parts.sparse) : null
  const salient = parts.columns?.indices.length ? packSalient(parts, parts.columns) : null
  const linear: SignLinear = {
    ...{ kind: 'sign', name, out, in: columns, groups, blockColumns, perRow, sparse, columns: salient },
    signs: packPlane(signs, columns),
    ids: null,
    amplitudes: toHalf(amplitudes),
    centers: centers && toHalf(centers),
  }
  for (const position of parts.sparse?.positions ?? []) clearBit(linear.signs, position, columns)
  return { ...linear, ids: groups > 1 ? packIds(linear, ids!, parts.sparse?.positions ?? []) : null }
}

/** One bit a value (its lowest), rows of `columns` values. */
function packPlane(values: Uint8Array, columns: number, shift = 0): Uint32Array<ArrayBuffer> {
  const rows = values.length / columns
  const words = planeWords(columns)
  const plane = new Uint32Array(rows * words)
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++)
      plane[row * words + (column >>> 5)]! |= ((values[at]! >> shift) & 1) << (column & 31)
  return plane
}

function packIds(linear: SignLinear, ids: Uint8Array, positions: Iterable<number>): Uint32Array<ArrayBuffer> {
  const { in: columns, groups } = linear
  const kept = ids.slice()
  for (const [column, rank] of salientRanks(columns, linear.columns?.mask).entries())
    if (rank >= 0) for (let at = column; at < kept.length; at += columns) kept[at] = 0
  for (const position of positions) kept[position] = 0
  const planes = Array.from({ length: idPlanes(groups) }, (_, plane) => packPlane(kept, columns, plane))
  const words = new Uint32Array(planes.length * planes[0]!.length)
  for (const [i, plane] of planes.entries()) words.set(plane, i * plane.length)
  return words
}

function packSparse({ positions, bits, codes, scales, zeros }: SparseParts): SparseWeights {
  return {
    ...encodeGaps(positions),
    ...{ bits, codes: packBits(codes, bits), scales: toHalf(scales), zeros: zeros ? packBits(zeros, bits) : null },
  }
}

function packSalient(
  { name, out, in: columns, sparse, blockColumns }: SignParts,
  { indices, signs, levels }: SalientParts,
): SalientColumns {
  const cells = cellsARow({ in: columns, blockColumns })
  const fits = signs.length === out * indices.length && levels.length === out * cells * 3
  invariant(fits, () => `${name}: second signs or levels do not fit ${indices.length} columns of ${out} rows`)
  const mask = new Uint32Array(planeWords(columns))
  for (let i = 0; i < indices.length; i++) mask[indices[i]! >>> 5]! |= 1 << (indices[i]! & 31)
  const ranks = salientRanks(columns, mask)
  const plane = packPlane(signs, indices.length)
  for (const position of sparse?.positions ?? []) {
    const row = Math.floor(position / columns)
    const rank = ranks[position - row * columns]!
    if (rank >= 0) clearBit(plane, row * indices.length + rank, indices.length)
  }
  return { mask, signs: plane, levels: toHalf(levels) }
}

/** Clears what a plane of rows of `columns` holds at a flat position. */
function clearBit(plane: Uint32Array, position: number, columns: number): void {
  const row = Math.floor(position / columns)
  const column = position - row * columns
  plane[row * planeWords(columns) + (column >>> 5)]! &= ~(1 << (column & 31))
}

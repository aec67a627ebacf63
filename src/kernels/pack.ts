import codesSource from '../../shaders/lib/codes.wgsl?raw'
import gridSource from '../../shaders/lib/grid.wgsl?raw'
import packSource from '../../shaders/pack.wgsl?raw'
import unpackSource from '../../shaders/unpack.wgsl?raw'
import { invariant } from '../errors'
import { codeWords, type PlacedSegment, placeSegments } from '../formats/affine'
import { CHUNK, type Segment } from '../formats/quantized'
import { type DeviceTraits, grid1d, type Kernel, type Pass, splitRows, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'

/** Some rows of one segment, packed on one side and [rows, columns] in the original order on the other. */
export interface PieceShape {
  readonly rows: number
  readonly columns: number
  readonly packedRow: number
  readonly plainRow: number
  readonly segment: PlacedSegment
}

/** The WGSL `struct Piece` of lib/codes.wgsl. */
export const pieceParams = {
  rows: 'u32',
  columns: 'u32',
  packedRow: 'u32',
  plainRow: 'u32',
  first: 'u32',
  count: 'u32',
  bits: 'u32',
  base: 'u32',
} as const

export const PIECE_SIZE = 64

/** Dispatches over rows of `itemsPerRow` invocations that do `operations` each. */
export function piecePasses(
  { segment, ...shape }: PieceShape,
  itemsPerRow: number,
  operations: number,
  device: DeviceTraits,
): Pass[] {
  const { first, columns: count, bits, base } = segment
  return splitRows(shape.rows, 1, itemsPerRow * operations, device).map(({ row, rows }) => ({
    groups: grid1d(rows * itemsPerRow, PIECE_SIZE, device),
    params: {
      rows,
      columns: shape.columns,
      packedRow: shape.packedRow + row,
      plainRow: shape.plainRow + row,
      ...{ first, count, bits, base },
    },
  }))
}

const wordsPerRow = ({ segment }: PieceShape) => segment.chunks * segment.bits
const bytesOf = (shape: PieceShape) => 4 * shape.rows * (shape.segment.columns + wordsPerRow(shape))
/** Integer operations a code, for time budgets. */
const OPERATIONS = 16

const pack: Kernel<'codes' | 'perm' | 'words', PieceShape> = {
  label: 'pack',
  wgsl: wgsl([gridSource, codesSource, packSource], { SIZE: PIECE_SIZE, CHUNK }),
  bindings: { codes: 'read', perm: 'read', words: 'read_write' },
  params: pieceParams,
  passes: (shape, device) => piecePasses(shape, wordsPerRow(shape), (OPERATIONS * 32) / shape.segment.bits, device),
  cost: (shape) => ({ flops: shape.rows * shape.segment.columns * OPERATIONS, bytes: bytesOf(shape) }),
}

const unpack: Kernel<'words' | 'perm' | 'codes', PieceShape> = {
  label: 'unpack',
  wgsl: wgsl([gridSource, codesSource, unpackSource], { SIZE: PIECE_SIZE, CHUNK }),
  bindings: { words: 'read', perm: 'read', codes: 'read_write' },
  params: pieceParams,
  passes: (shape, device) => piecePasses(shape, shape.segment.columns, OPERATIONS, device),
  cost: (shape) => ({ flops: shape.rows * shape.segment.columns * OPERATIONS, bytes: bytesOf(shape) }),
}

/** A packed matrix of `out` rows on the GPU, or rows of it being made. */
export interface PackPlan {
  readonly segments: readonly Segment[]
  /** Rows of the packed matrix. */
  readonly out: number
  /** Packed row of the first row of codes; for a matrix worked on in panels. */
  readonly row?: number
}

/**
 * Packs `codes` (u32 [rows, in], original column order, each below 2^bits) into `words` (u32, `codeWords` of them, as
 * `AffineLinear.codes`). `perm` (u32 [in]) names the original column of every stored column.
 */
export function packInto(rec: Recorder, codes: Tensor, perm: Tensor, words: Tensor, plan: PackPlan): void {
  for (const shape of piecesOf(codes, words, plan)) rec.run(pack, { codes, perm, words }, shape)
}

/** The inverse of `packInto`: fills `codes` (u32 [rows, in], original column order) from `words`. */
export function unpackInto(rec: Recorder, words: Tensor, perm: Tensor, codes: Tensor, plan: PackPlan): void {
  for (const shape of piecesOf(codes, words, plan)) rec.run(unpack, { codes, perm, words }, shape)
}

function piecesOf(codes: Tensor, words: Tensor, { segments, out, row = 0 }: PackPlan): PieceShape[] {
  const [rows = 0, columns = 0] = codes.shape
  const fits = words.shape[0] === codeWords(segments, out) && row + rows <= out
  invariant(fits, () => `codes [${codes.shape}] from row ${row} of ${out} do not belong to words [${words.shape}]`)
  return placeSegments(segments, out).map((segment) => ({ rows, columns, packedRow: row, plainRow: 0, segment }))
}

import dequantizeSource from '../../shaders/dequantize.wgsl?raw'
import affineSource from '../../shaders/lib/affine.wgsl?raw'
import cellsSource from '../../shaders/lib/affine_cells.wgsl?raw'
import codesSource from '../../shaders/lib/codes.wgsl?raw'
import f16Source from '../../shaders/lib/f16.wgsl?raw'
import gridSource from '../../shaders/lib/grid.wgsl?raw'
import { groupOfColumn, placeSegments, rowsOfLinear } from '../formats/affine'
import { readBits } from '../formats/bit-string'
import { encodeFloat16 } from '../formats/floats'
import { type AffineLinear, CHUNK, type Grid, type Segment } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import { type Kernel, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { PIECE_SIZE, type PieceShape, pieceParams, piecePasses } from './pack'

/** An affine linear in GPU memory, in panels of rows that fit the device's bindings. */
export interface PackedAffine {
  readonly kind: 'affine'
  readonly name: string
  readonly out: number
  readonly in: number
  readonly segments: readonly Segment[]
  readonly groups: number
  readonly grid: Grid['type']
  /** u32 [in]: original column, and group, of every stored column. */
  readonly perm: Tensor
  readonly group: Tensor
  /** u32 [slots]: the original column of every slot of the chunks, `in` where one is padding. */
  readonly slots: Tensor
  /** u32 [slots]: the group of every slot where the columns of some chunk have several, else null. */
  readonly owners: Tensor | null
  /** Whether slots are the original columns, none moved and none added. */
  readonly inPlace: boolean
  /** Chunks of a group where all have the same width and groups are runs of as many whole chunks, else 0. */
  readonly perGroup: number
  /** Whether some float16 of the cells is subnormal. */
  readonly subnormal: boolean
  readonly panels: readonly PackedPanel[]
}

export interface PackedPanel {
  readonly start: number
  readonly rows: number
  readonly codes: Tensor
  /** u32 [rows, groups]: two float16, the scale and its zero, or the min and the range. */
  readonly cells: Tensor
  /** u32 [1 + chunks, 4]: fields of the linear, then every chunk; see shaders/lib/affine_operand.wgsl. */
  readonly chunks: Tensor
}

interface DequantizeShape extends PieceShape {
  readonly groups: number
}

type Bindings = 'codes' | 'cells' | 'perm' | 'group' | 'weights'

/** Integer and float operations a weight, for time budgets. */
const OPERATIONS = 48
export const GRIDS = { symmetric: 0, zero: 1, range: 2 } as const

const kernelOf = (grid: Grid['type']): Kernel<Bindings, DequantizeShape> => ({
  label: `dequantize ${grid}`,
  wgsl: wgsl([gridSource, f16Source, codesSource, affineSource, cellsSource, dequantizeSource], {
    SIZE: PIECE_SIZE,
    CHUNK,
    GRID: GRIDS[grid],
    SYMMETRIC: GRIDS.symmetric,
    ZERO: GRIDS.zero,
  }),
  bindings: { codes: 'read', cells: 'read', perm: 'read', group: 'read', weights: 'read_write' },
  params: { ...pieceParams, groups: 'u32' },
  passes: ({ groups, ...piece }, device) =>
    piecePasses(piece, piece.segment.columns, OPERATIONS, device).map((pass) => ({
      ...pass,
      params: { ...pass.params, groups },
    })),
  cost: ({ rows, segment: { columns, bits } }) => ({
    flops: rows * columns * OPERATIONS,
    bytes: rows * columns * (4 + bits / 8),
  }),
})

const kernels = { symmetric: kernelOf('symmetric'), zero: kernelOf('zero'), range: kernelOf('range') }

/** Copies a linear to the GPU at once (see `Gpu.upload`). */
export function uploadAffine(gpu: Gpu, linear: AffineLinear, maxBytes: number): PackedAffine {
  const { name, out, in: columns, segments, groups, grid, perm } = linear
  const whole = (value: (stored: number) => number) => {
    const values = new Uint32Array(columns)
    for (let i = 0; i < columns; i++) values[i] = value(i)
    return gpu.upload(values)
  }
  const step = panelRows(linear, maxBytes)
  const panels: PackedPanel[] = []
  for (let start = 0; start < out; start += step) {
    const panel = step >= out ? linear : rowsOfLinear(linear, start, Math.min(start + step, out))
    panels.push({
      start,
      rows: panel.out,
      codes: gpu.upload(panel.codes),
      cells: gpu.upload(cellsOf(panel)),
      chunks: gpu.upload(chunkTable(panel)),
    })
  }
  const { original, groupOf, scattered } = slotsOf(linear)
  const first = grid.type === 'range' ? grid.min : grid.scale
  return {
    ...{ kind: 'affine', name, out, in: columns, segments, groups, panels },
    slots: gpu.upload(original, [original.length]),
    owners: scattered ? gpu.upload(groupOf) : null,
    inPlace: original.length === columns && original.every((column, slot) => column === slot),
    perGroup: chunksPerGroup(linear),
    subnormal: first.some(isSubnormal) || (grid.type === 'range' && grid.range.some(isSubnormal)),
    grid: grid.type,
    perm: whole((stored) => perm?.[stored] ?? stored),
    group: whole((stored) => groupOfColumn(linear, stored)),
  }
}

/** Gives the memory of an uploaded linear back. */
export function freeAffine(gpu: Gpu, { perm, group, slots, owners, panels }: PackedAffine): void {
  gpu.free(perm, group, slots, owners ?? undefined)
  for (const { codes, cells, chunks } of panels) gpu.free(codes, cells, chunks)
}

/** Writes rows [start, start + n) of the linear to `weights` (f32 [n, in], original column order). */
export function dequantizeAffineInto(rec: Recorder, packed: PackedAffine, weights: Tensor, start: number): void {
  const [count = 0] = weights.shape
  const { in: width, segments, groups, perm, group } = packed
  for (const { start: panelStart, rows: panelRows, codes, cells } of packed.panels) {
    const from = Math.max(start, panelStart)
    const rows = Math.min(start + count, panelStart + panelRows) - from
    if (rows <= 0) continue
    const place = { rows, columns: width, packedRow: from - panelStart, plainRow: from - start, groups }
    for (const segment of placeSegments(segments, panelRows))
      rec.run(kernels[packed.grid], { codes, cells, perm, group, weights }, { ...place, segment })
  }
}

/** Original column and group of every slot, that is of every column of every chunk, padding included. */
function slotsOf(linear: AffineLinear) {
  const { in: columns, perm, segments } = linear
  const count = segments.reduce((sum, segment) => sum + CHUNK * Math.ceil(segment.columns / CHUNK), 0)
  const original = new Uint32Array(count).fill(columns)
  const groupOf = new Uint32Array(count)
  let [slot, stored, scattered] = [0, 0, false]
  for (const segment of segments) {
    for (let i = 0; i < segment.columns; i++, stored++) {
      original[slot + i] = perm?.[stored] ?? stored
      groupOf[slot + i] = groupOfColumn(linear, stored)
      scattered ||= groupOf[slot + i] !== groupOf[slot + i - (i % CHUNK)]
    }
    slot += CHUNK * Math.ceil(segment.columns / CHUNK)
  }
  return { original, groupOf, scattered }
}

function chunksPerGroup({ segments, groupOf, groups, groupSize, in: columns }: AffineLinear): number {
  const chunks = Math.ceil(columns / CHUNK)
  if (segments.length !== 1 || groupOf) return 0
  if (groups === 1) return chunks
  return groupSize % CHUNK === 0 ? groupSize / CHUNK : 0
}

const isSubnormal = (half: number): boolean => (half & 0x7c00) === 0 && (half & 0x3ff) !== 0

/** The binary digits that hold every slot of a row: rows of packed codes are read as if 2^shift slots long. */
export const slotShift = (slots: number): number => Math.ceil(Math.log2(slots))

/** Groups a row, shift; then of every chunk its first word in row 0, words a row, bits, first group. */
function chunkTable(linear: AffineLinear): Uint32Array<ArrayBuffer> {
  const placed = placeSegments(linear.segments, linear.out)
  const slots = placed.reduce((sum, { chunks }) => sum + CHUNK * chunks, 0)
  const table = placed.flatMap(({ bits, first, chunks, base }) =>
    Array.from({ length: chunks }, (_, chunk) => [
      ...[base + chunk * bits, chunks * bits, bits, groupOfColumn(linear, first + CHUNK * chunk)],
    ]),
  )
  return Uint32Array.from([[linear.groups, slotShift(slots), 0, 0], ...table].flat())
}

/** What a (row, group) has for its levels, two float16 to a word. */
function cellsOf({ out, groups, grid }: AffineLinear): Uint32Array<ArrayBuffer> {
  const halves = new Uint16Array(2 * out * groups)
  const first = grid.type === 'range' ? grid.min : grid.scale
  const second = grid.type === 'range' ? (i: number) => grid.range[i]! : grid.type === 'zero' ? zerosOf(grid) : () => 0
  for (let i = 0; i < out * groups; i++) {
    halves[2 * i] = first[i]!
    halves[2 * i + 1] = second(i)
  }
  return new Uint32Array(halves.buffer)
}

/** Zeros below 2^zeroBits, at most 2⁸, as float16. */
function zerosOf({ zeros, zeroBits }: Grid & { type: 'zero' }): (i: number) => number {
  const halves = encodeFloat16(Float32Array.from({ length: 2 ** zeroBits }, (_, zero) => zero))
  return (i) => halves[readBits(zeros, i * zeroBits, zeroBits)]!
}

/** Rows a panel, a multiple of 32 unless it is all of them. */
function panelRows({ out, segments, groups }: AffineLinear, maxBytes: number): number {
  const codeBytes = segments.reduce((sum, { bits, columns }) => sum + Math.ceil(columns / CHUNK) * bits * 4, 0)
  const rows = Math.floor(maxBytes / Math.max(codeBytes, groups * 4))
  return rows >= out ? out : Math.max(32, Math.floor(rows / 32) * 32)
}

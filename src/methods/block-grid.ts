import { codeWords, rangeGrid, symmetricGrid } from '../formats/affine'
import { type BlockGrid, blockGrids, type GridName, gridFor } from '../formats/gguf/grids'
import type { AffineLinear, Segment } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { blockGrid } from '../kernels/block-grid'
import type { Lines } from '../kernels/lines'
import { COLUMN_WORDS, columnTable, mixedBlock, roundMixed } from '../kernels/mixed'
import { packInto } from '../kernels/pack'
import { compensated, GPTQ_BLOCK, type GridShape, gptqBlock, roundToGrid } from '../kernels/quantize'
import { type Later, later } from '../later'
import type { LinearSpec } from '../models/spec'
import type { GridOptions } from './affine'
import { recordColumns } from './columns'
import type { Factor } from './factor'
import type { Moment, Shape } from './memory'

/** The lines of a linear on the levels of a GGUF type. */
export interface BlockLines {
  readonly grid: BlockGrid
  readonly out: number
  readonly in: number
  /** Sub-blocks a row. */
  readonly groups: number
  /** f32 [out, groups]: steps and their zeros where the type is symmetric, else lows and ranges. */
  readonly a: Tensor
  readonly b: Tensor
}

/** Tensors of a linear being quantized onto these levels. */
export interface BlockGridTensors extends BlockLines {
  /** u32 [out, in], original column order. */
  readonly codes: Tensor
  /** u32 [in]: counts up. */
  readonly places: Tensor
  /** u32 [in, COLUMN_WORDS]: the columns as kernels of ranges read them. */
  readonly columns: Tensor
}

/** The grid of methods that know a free one and those of GGUF types. */
export interface GridChoice extends GridOptions {
  readonly grid: GridName | 'free'
}

/** The type that a linear gets where `name` is asked for; null where the free grid of as many bits takes its place. */
export const gridOf = (name: GridName | 'free', { in: columns }: Pick<LinearSpec, 'in'>): GridName | null =>
  name === 'free' ? null : gridFor(name, columns)

/** What there is to say of a linear whose type is another than the asked one. */
export function gridWarnings(name: GridName | 'free', spec: LinearSpec): string[] {
  const type = gridOf(name, spec)
  if (type === null && name !== 'free')
    return [`rows of ${spec.in} are no whole blocks of any GGUF type: quantized on the free grid`]
  return type === null || type === name
    ? []
    : [`rows of ${spec.in} are no whole blocks of ${name}: quantized as ${type}`]
}

export function allocLines(gpu: Gpu, { out, in: columns }: Pick<LinearSpec, 'out' | 'in'>, name: GridName): BlockLines {
  const grid = blockGrids[name]
  const groups = columns / grid.size
  const cells = [out, groups]
  return { grid, out, in: columns, groups, a: gpu.alloc(cells, 'f32', 'lines'), b: gpu.alloc(cells, 'f32', 'lines') }
}

/** Takes over `lines`. */
export function allocBlockGrid(
  gpu: Gpu,
  rec: Recorder,
  lines: BlockLines,
  order: Uint32Array = Uint32Array.from({ length: lines.in }, (_, i) => i),
): BlockGridTensors {
  const { grid, out, in: columns } = lines
  const tensors = {
    ...lines,
    codes: gpu.alloc([out, columns], 'u32', 'codes'),
    places: gpu.alloc([columns], 'u32'),
    columns: gpu.alloc([columns, COLUMN_WORDS], 'u32'),
  }
  rec.write(
    tensors.places,
    Uint32Array.from({ length: columns }, (_, i) => i),
  )
  rec.write(
    tensors.columns,
    columnTable(Array.from(order, (source) => ({ source, group: Math.floor(source / grid.size), bits: grid.bits }))),
  )
  return tensors
}

export const freeLines = (gpu: Gpu, { a, b }: BlockLines): void => gpu.free(a, b)

export const freeBlockGrid = (gpu: Gpu, { a, b, codes, places, columns }: BlockGridTensors): void =>
  gpu.free(a, b, codes, places, columns)

/**
 * What a linear on a type's levels takes: with `working` tensors while its codes are found, and while they are packed; without
 * lines that are there before.
 */
export function blockGridMoments(
  { out, in: columns }: LinearSpec,
  name: GridName,
  working: Shape[],
  { lines = true }: { readonly lines?: boolean } = {},
): Moment[] {
  const { size, bits } = blockGrids[name]
  const cells: Shape = [out, columns / size]
  const held: Shape[] = [[out, columns], ...(lines ? [cells, cells] : []), [columns], [columns, COLUMN_WORDS]]
  return [{ weights: [...held, ...working] }, { weights: [...held, [codeWords([{ bits, columns }], out)]] }]
}

interface FindLines {
  /** f32 [in]: what a squared error of each column counts. */
  readonly importance: Tensor
  /** What the ends of every sub-block are multiplied by before; 1. */
  readonly shrink?: number
  /** Only the blocks that begin with columns [begin, end). */
  readonly begin?: number
  readonly end?: number
}

/** Finds lines that leave little of `w` [out, in], original order. */
export function recordFindLines(
  rec: Recorder,
  { grid, out, in: columns, a, b }: BlockLines,
  w: Tensor,
  { importance, shrink = 1, begin = 0, end = columns }: FindLines,
): void {
  const width = grid.size * grid.count
  const first = Math.ceil(begin / width)
  const count = Math.ceil(end / width) - first
  if (count > 0) rec.run(blockGrid(grid), { w, importance, a, b }, { rows: out, columns, first, count, grid, shrink })
}

/** Lines of a type that leave little of `w` [out, in], errors of all columns counting the same. */
export async function plainLines(
  gpu: Gpu,
  shape: Pick<LinearSpec, 'out' | 'in'>,
  type: GridName,
  w: Tensor,
): Promise<BlockLines> {
  const lines = allocLines(gpu, shape, type)
  const rec = gpu.record()
  const importance = gpu.alloc([lines.in])
  rec.write(importance, new Float32Array(lines.in).fill(1))
  recordFindLines(rec, lines, w, { importance })
  gpu.free(importance)
  await gpu.submit(rec)
  return lines
}

/** Which kernels read the lines of a type. */
export const linesOf = ({ symmetric }: BlockGrid): Lines => (symmetric ? 'steps' : 'ranges')

export const shapeOf = ({ grid, out: rows, in: columns, groups }: BlockLines): GridShape => ({
  ...{ rows, columns, groups, groupSize: grid.size, bits: grid.bits },
})

/** Rounds every weight to the nearest level of the lines as they are; nothing absorbs the errors. */
function recordRoundToLines(rec: Recorder, w: Tensor, tensors: BlockGridTensors): void {
  const { grid, a, b, codes, columns } = tensors
  if (grid.symmetric) rec.run(roundToGrid, { w, steps: a, zeros: b, codes }, shapeOf(tensors))
  else rec.run(roundMixed, { w, columns, lows: a, ranges: b, codes }, shapeOf(tensors))
}

/**
 * GPTQ's column loop onto a type's levels. The lines of a block are chosen, each column's error weighed by diag H, before the first
 * of its columns is rounded, on the weights as they are then; all of them beforehand where the order is another than the
 * original one.
 *
 * @param tensors made for the order of the factor
 * @param rounded f32 [out, in]: gets the weights that were rounded to the codes, W with what they absorbed
 */
export function recordGptqToBlocks(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  factor: Pick<Factor, 'upper' | 'order' | 'diagonal'>,
  tensors: BlockGridTensors,
  reordered: boolean,
  rounded?: Tensor,
): void {
  const { grid, a, b, codes, columns } = tensors
  const { order, diagonal } = factor
  const { software } = rec.traits
  const width = grid.size * grid.count
  if (reordered) recordFindLines(rec, tensors, weight, { importance: diagonal })
  const block = reordered ? GPTQ_BLOCK : Math.min(width, GPTQ_BLOCK)
  recordColumns(gpu, rec, weight, factor, block, ({ w, errors, first, count, u, uRow }) => {
    if (!reordered) recordFindLines(rec, tensors, w, { importance: diagonal, begin: first, end: first + count })
    const shape = { ...shapeOf(tensors), first, count, uRow }
    if (grid.symmetric) rec.run(gptqBlock(software), { w, u, order, steps: a, zeros: b, codes, errors }, shape)
    else rec.run(mixedBlock(software), { w, u, columns, lows: a, ranges: b, codes, errors }, shape)
    if (rounded) rec.run(compensated(linesOf(grid)), { errors, u, order, codes, a, b, w: rounded }, shape)
  })
}

/** Rounds `w` to nearest on lines that are found already, and takes them over. */
export async function roundToLines(gpu: Gpu, name: string, lines: BlockLines, w: Tensor): Promise<AffineLinear> {
  const rec = gpu.record()
  const tensors = allocBlockGrid(gpu, rec, lines)
  recordRoundToLines(rec, w, tensors)
  await gpu.submit(rec)
  const linear = await submitBlocks(gpu, name, tensors)
  freeBlockGrid(gpu, tensors)
  return linear.value
}

/** Rounds `w` to nearest on lines that leave little of it, errors of all columns counting the same. */
export async function roundToType(
  gpu: Gpu,
  name: string,
  shape: Pick<LinearSpec, 'out' | 'in'>,
  type: GridName,
  w: Tensor,
): Promise<AffineLinear> {
  return roundToLines(gpu, name, await plainLines(gpu, shape, type, w), w)
}

/** Packs finished codes and brings them to the host, while the caller goes on; the tensors may be freed. */
export async function submitBlocks(gpu: Gpu, name: string, tensors: BlockGridTensors): Promise<Later<AffineLinear>> {
  const { grid, out, in: columns, groups, codes, places } = tensors
  const segments: Segment[] = [{ bits: grid.bits, columns }]
  const words = gpu.alloc([codeWords(segments, out)], 'u32', 'packed codes')
  const rec = gpu.record()
  packInto(rec, codes, places, words, { segments, out })
  await gpu.submit(rec)
  const reading = Promise.all([gpu.readU32(words), gpu.readF32(tensors.a), gpu.readF32(tensors.b)])
  gpu.free(words)
  return later(
    reading.then(([packed, a, b]) => ({
      ...{ kind: 'affine', name, out, in: columns, perm: null, segments, groupOf: null, groupSize: grid.size, groups },
      ...{ codes: packed, grid: grid.symmetric ? symmetricGrid(a) : rangeGrid(a, b) },
    })),
  )
}

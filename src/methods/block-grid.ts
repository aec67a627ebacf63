import { codeWords, rangeGrid, symmetricGrid } from '../formats/affine'
import { type BlockGrid, blockGrids, type GridName, gridFor } from '../formats/gguf/grids'
import type { AffineLinear, Segment } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { blockGrid } from '../kernels/block-grid'
import { COLUMN_WORDS, columnTable, mixedBlock, roundMixed } from '../kernels/mixed'
import { packInto } from '../kernels/pack'
import { GPTQ_BLOCK, gptqBlock, roundToGrid } from '../kernels/quantize'
import { type Later, later } from '../later'
import type { LinearSpec } from '../models/spec'
import { recordColumns } from './columns'
import type { Factor } from './factor'
import type { Moment, Shape } from './memory'

/** Tensors of a linear being quantized onto the levels of a GGUF type. */
export interface BlockGridTensors {
  readonly grid: BlockGrid
  readonly out: number
  readonly in: number
  /** Sub-blocks a row. */
  readonly groups: number
  /** f32 [out, groups]: steps and their zeros where the type is symmetric, else lows and ranges. */
  readonly a: Tensor
  readonly b: Tensor
  /** u32 [out, in], original column order. */
  readonly codes: Tensor
  /** u32 [in]: counts up. */
  readonly places: Tensor
  /** u32 [in, COLUMN_WORDS]: the columns as kernels of ranges read them. */
  readonly columns: Tensor
  /** f32 [in]: importance where none is given. */
  readonly ones: Tensor
}

/** The type that a linear gets where `name` is asked for; null where the free grid of as many bits takes its place. */
export const gridOf = (name: GridName | 'free', { in: columns }: LinearSpec): GridName | null =>
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

export function allocBlockGrid(
  gpu: Gpu,
  rec: Recorder,
  { out, in: columns }: LinearSpec,
  name: GridName,
  order: Uint32Array = Uint32Array.from({ length: columns }, (_, i) => i),
): BlockGridTensors {
  const grid = blockGrids[name]
  const groups = columns / grid.size
  const tensors = {
    ...{ grid, out, in: columns, groups },
    a: gpu.alloc([out, groups], 'f32', 'lines'),
    b: gpu.alloc([out, groups], 'f32', 'lines'),
    codes: gpu.alloc([out, columns], 'u32', 'codes'),
    places: gpu.alloc([columns], 'u32'),
    columns: gpu.alloc([columns, COLUMN_WORDS], 'u32'),
    ones: gpu.alloc([columns]),
  }
  rec.write(
    tensors.places,
    Uint32Array.from({ length: columns }, (_, i) => i),
  )
  rec.write(
    tensors.columns,
    columnTable(Array.from(order, (source) => ({ source, group: Math.floor(source / grid.size), bits: grid.bits }))),
  )
  rec.write(tensors.ones, new Float32Array(columns).fill(1))
  return tensors
}

export const freeBlockGrid = (gpu: Gpu, { a, b, codes, places, columns, ones }: BlockGridTensors): void =>
  gpu.free(a, b, codes, places, columns, ones)

/** What a linear on a type's levels takes: with `working` tensors while its codes are found, and while they are packed. */
export function blockGridMoments({ out, in: columns }: LinearSpec, name: GridName, working: Shape[]): Moment[] {
  const { size, bits } = blockGrids[name]
  const lines: Shape = [out, columns / size]
  const held: Shape[] = [[out, columns], lines, lines, [columns], [columns, COLUMN_WORDS], [columns]]
  return [{ weights: [...held, ...working] }, { weights: [...held, [codeWords([{ bits, columns }], out)]] }]
}

/** Finds the lines of the blocks that begin with columns [begin, end) of `w` [out, in], original order. */
function recordFindLines(
  rec: Recorder,
  { grid, out, in: columns, a, b }: BlockGridTensors,
  w: Tensor,
  importance: Tensor,
  begin = 0,
  end = columns,
): void {
  const width = grid.size * grid.count
  const first = Math.ceil(begin / width)
  const count = Math.ceil(end / width) - first
  if (count > 0) rec.run(blockGrid(grid), { w, importance, a, b }, { rows: out, columns, first, count, grid })
}

const shapeOf = ({ grid, out: rows, in: columns, groups }: BlockGridTensors) => ({
  ...{ rows, columns, groups, groupSize: grid.size, bits: grid.bits },
})

/** Rounds every weight to the nearest level; nothing absorbs the errors. */
export function recordRoundToBlocks(rec: Recorder, w: Tensor, tensors: BlockGridTensors): void {
  const { grid, a, b, codes, columns, ones } = tensors
  recordFindLines(rec, tensors, w, ones)
  if (grid.symmetric) rec.run(roundToGrid, { w, steps: a, zeros: b, codes }, shapeOf(tensors))
  else rec.run(roundMixed, { w, columns, lows: a, ranges: b, codes }, shapeOf(tensors))
}

/**
 * GPTQ's column loop onto a type's levels. The lines of a block are chosen, each column's error weighed by diag H, before the first
 * of its columns is rounded, on the weights as they are then; all of them beforehand where the order is another than the
 * original one.
 *
 * @param tensors made for the order of the factor
 */
export function recordGptqToBlocks(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  factor: Pick<Factor, 'upper' | 'order' | 'diagonal'>,
  tensors: BlockGridTensors,
  reordered: boolean,
): void {
  const { grid, a, b, codes, columns } = tensors
  const { upper: u, order, diagonal } = factor
  const { software } = rec.traits
  const width = grid.size * grid.count
  if (reordered) recordFindLines(rec, tensors, weight, diagonal)
  const block = reordered ? GPTQ_BLOCK : Math.min(width, GPTQ_BLOCK)
  recordColumns(gpu, rec, weight, factor, block, ({ w, errors, first, count }) => {
    if (!reordered) recordFindLines(rec, tensors, w, diagonal, first, first + count)
    const shape = { ...shapeOf(tensors), first, count }
    if (grid.symmetric) rec.run(gptqBlock(software), { w, u, order, steps: a, zeros: b, codes, errors }, shape)
    else rec.run(mixedBlock(software), { w, u, columns, lows: a, ranges: b, codes, errors }, shape)
  })
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

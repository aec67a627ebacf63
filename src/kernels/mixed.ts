import candidateErrorsSource from '../../shaders/candidate_errors.wgsl?raw'
import findRangeSource from '../../shaders/find_range.wgsl?raw'
import affine from '../../shaders/lib/affine.wgsl?raw'
import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import ranges from '../../shaders/lib/ranges.wgsl?raw'
import mixedBlockSource from '../../shaders/mixed_block.wgsl?raw'
import roundSource from '../../shaders/round_mixed.wgsl?raw'
import wholeSource from '../../shaders/whole_levels.wgsl?raw'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { GPTQ_BLOCK } from './quantize'

/** Quantizing a matrix whose columns have several widths on range grids: w = low + step·q, see src/formats/affine.ts. */

/** Words of a `struct Column` of lib/ranges.wgsl. */
export const COLUMN_WORDS = 4

export interface Column {
  /** Its place in the original matrix. */
  readonly source: number
  readonly group: number
  readonly bits: number
}

/** Columns as the kernels read them: u32 [columns, COLUMN_WORDS]. */
export function columnTable(columns: readonly Column[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(columns.length * COLUMN_WORDS)
  const floats = new Float32Array(words.buffer)
  columns.forEach(({ source, group, bits }, i) => {
    const top = 2 ** bits - 1
    words.set([source, group], i * COLUMN_WORDS)
    floats.set([top, 1 / top], i * COLUMN_WORDS + 2)
  })
  return words
}

/** Invocations of a cell's workgroup, each with a shrink factor of its own in a search: one warp, so barriers are cheap. */
const SEARCHERS = 32
/** The smallest share of a group's spread that a search considers. */
const LEAST = 0.35
/** Least-squares fits after the first codes. */
const ROUNDS = 2
/** Weights of a group held at once: the usual group is brought in once. */
const TILE = 128

export interface FindRangeShape {
  readonly rows: number
  readonly columns: number
  readonly groups: number
  /** Which runs to look at: `count` from `first` on. */
  readonly first: number
  readonly count: number
  /** Members of these runs together, for time budgets. */
  readonly members: number
}

type RangeBindings = 'w' | 'columns' | 'members' | 'runs' | 'importance' | 'lows' | 'ranges'

const findRangeOf = (search: boolean): Kernel<RangeBindings, FindRangeShape> => {
  const operations = search ? SEARCHERS * (6 + 24 * (ROUNDS + 1)) : SEARCHERS * 5
  return {
    label: search ? 'search range' : 'find range',
    wgsl: wgsl([f16, affine, ranges, findRangeSource], { SIZE: SEARCHERS, TILE, ROUNDS, LEAST, SEARCH: search }),
    bindings: {
      w: 'read',
      columns: 'read',
      members: 'read',
      runs: 'read',
      importance: 'read',
      lows: 'read_write',
      ranges: 'read_write',
    },
    params: { firstRow: 'u32', rows: 'u32', columns: 'u32', groups: 'u32', first: 'u32', count: 'u32' },
    passes: ({ rows, columns, groups, first, count, members }, device) =>
      splitRows(rows, 1, members * operations, device).map((part) => ({
        groups: grid1d(part.rows * count, 1, device),
        params: { firstRow: part.row, rows: part.rows, columns, groups, first, count },
      })),
    cost: ({ rows, members }) => ({ flops: rows * members * operations, bytes: 4 * rows * members }),
  }
}

const findRanges = { plain: findRangeOf(false), search: findRangeOf(true) }

/** Low and range of every (row, group): the smallest and largest weight, or what a search finds better; see the shader. */
export const findRange = (search: boolean): Kernel<RangeBindings, FindRangeShape> =>
  search ? findRanges.search : findRanges.plain

/** Makes the levels of these runs whole multiples of a float16 step, 0 among them; the columns of a run have one width. */
export const wholeLevels: Kernel<
  'columns' | 'members' | 'runs' | 'lows' | 'ranges',
  Pick<FindRangeShape, 'rows' | 'groups' | 'first' | 'count'>
> = {
  label: 'whole levels',
  wgsl: wgsl([f16, grid, ranges, wholeSource]),
  bindings: { columns: 'read', members: 'read', runs: 'read', lows: 'read_write', ranges: 'read_write' },
  params: { rows: 'u32', groups: 'u32', first: 'u32', count: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.count, 256, device), params: { ...shape } }],
  cost: ({ rows, count }) => ({ flops: 10 * rows * count, bytes: 16 * rows * count }),
}

export interface MixedBlockShape {
  readonly rows: number
  readonly columns: number
  readonly groups: number
  readonly first: number
  /** Columns of this block, at most GPTQ_BLOCK. */
  readonly count: number
  /** Which row of the tensor u is row `first` of U; itself unless given. */
  readonly uRow?: number
}

type BlockBindings = 'w' | 'u' | 'columns' | 'lows' | 'ranges' | 'codes' | 'errors'

/** Few rows a workgroup, so that a big GPU's many processors all get some. */
const ROWS_PER_GROUP = 32

const mixedBlockOf = (subQuads: number): Kernel<BlockBindings, MixedBlockShape> => ({
  label: 'mixed block',
  wgsl: wgsl([affine, ranges, mixedBlockSource], { BLOCK: GPTQ_BLOCK, SIZE: ROWS_PER_GROUP, SUB_QUADS: subQuads }),
  bindings: {
    w: 'read_write',
    u: 'read',
    columns: 'read',
    lows: 'read',
    ranges: 'read',
    codes: 'read_write',
    errors: 'read_write',
  },
  params: { rows: 'u32', columns: 'u32', first: 'u32', count: 'u32', groups: 'u32', uRow: 'u32' },
  passes: (shape) => [{ groups: [Math.ceil(shape.rows / ROWS_PER_GROUP)], params: { uRow: shape.first, ...shape } }],
  cost: ({ rows, count }) => ({ flops: rows * count * (count + 12), bytes: 4 * (3 * rows * count + count * count) }),
})

/** Sixteen columns in registers; on a software adapter four, where sixteen would take half a minute to compile. */
const mixedBlocks = { hardware: mixedBlockOf(4), software: mixedBlockOf(1) }

/** One block of GPTQ's column loop over columns of several widths; see the shader. */
export const mixedBlock = (software: boolean): Kernel<BlockBindings, MixedBlockShape> =>
  software ? mixedBlocks.software : mixedBlocks.hardware

interface MatrixShape {
  readonly rows: number
  readonly columns: number
  readonly groups: number
}

/** Rounds every weight to its nearest level; `columns` in original order. */
export const roundMixed: Kernel<'w' | 'columns' | 'lows' | 'ranges' | 'codes', MatrixShape> = {
  label: 'round mixed',
  wgsl: wgsl([grid, affine, ranges, roundSource]),
  bindings: { w: 'read', columns: 'read', lows: 'read', ranges: 'read', codes: 'read_write' },
  params: { rows: 'u32', columns: 'u32', groups: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, 256, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 12 * rows * columns, bytes: 8 * rows * columns }),
}

/** Rows that one partial sum of squared errors covers. */
const SLICE = 256

/** Partial sums that `candidateErrors` leaves of so many rows. */
export const errorSlices = (rows: number): number => Math.ceil(rows / SLICE)

export interface CandidateShape extends MatrixShape {
  /** The panel: `rows` from here on. */
  readonly firstRow: number
  /** Row of `errors` that the panel's first error goes to. */
  readonly errorRow: number
}

type CandidateBindings = 'w' | 'columns' | 'lows' | 'ranges' | 'emphasis' | 'errors' | 'sums'

/** What rounding a panel of rows leaves of every weight, and its squares summed over slices of rows; see the shader. */
export const candidateErrors: Kernel<CandidateBindings, CandidateShape> = {
  label: 'candidate errors',
  wgsl: wgsl([affine, ranges, candidateErrorsSource]),
  bindings: {
    w: 'read',
    columns: 'read',
    lows: 'read',
    ranges: 'read',
    emphasis: 'read',
    errors: 'read_write',
    sums: 'read_write',
  },
  params: { firstRow: 'u32', rows: 'u32', columns: 'u32', groups: 'u32', errorRow: 'u32', slice: 'u32' },
  passes: (shape) => [
    { groups: [Math.ceil(shape.columns / 64), errorSlices(shape.rows)], params: { ...shape, slice: SLICE } },
  ],
  cost: ({ rows, columns }) => ({ flops: 14 * rows * columns, bytes: 8 * rows * columns }),
}

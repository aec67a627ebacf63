import compensatedSource from '../../shaders/compensated.wgsl?raw'
import findGridSource from '../../shaders/find_grid.wgsl?raw'
import gatherSource from '../../shaders/gather_columns.wgsl?raw'
import gptqSource from '../../shaders/gptq_block.wgsl?raw'
import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import levels from '../../shaders/lib/levels.wgsl?raw'
import roundSource from '../../shaders/round_to_grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { byLines } from './lines'

/** Groups of a weight matrix and the width of its codes. */
export interface GridShape {
  readonly rows: number
  readonly columns: number
  /** Columns a group; `columns` for one group a row. */
  readonly groupSize: number
  readonly groups: number
  readonly bits: number
}

export interface FindGridShape extends GridShape {
  readonly symmetric: boolean
  /** Which groups to look at: `count` from `firstGroup` on. */
  readonly firstGroup: number
  readonly count: number
}

/** Step and zero of every (row, group), steps rounded to float16 as they are stored. */
export const findGrid: Kernel<'w' | 'steps' | 'zeros', FindGridShape> = {
  label: 'find grid',
  wgsl: wgsl([grid, f16, findGridSource]),
  bindings: { w: 'read', steps: 'read_write', zeros: 'read_write' },
  params: {
    rows: 'u32',
    columns: 'u32',
    groupSize: 'u32',
    groups: 'u32',
    firstGroup: 'u32',
    count: 'u32',
    bits: 'u32',
    symmetric: 'u32',
  },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows * shape.count, 64, device), params: { ...shape, symmetric: Number(shape.symmetric) } },
  ],
  cost: ({ rows, count, groupSize }) => ({ flops: 4 * rows * count * groupSize, bytes: 4 * rows * count * groupSize }),
}

/** Rounds every weight to its nearest level. */
export const roundToGrid: Kernel<'w' | 'steps' | 'zeros' | 'codes', GridShape> = {
  label: 'round to grid',
  wgsl: wgsl([grid, levels, roundSource]),
  bindings: { w: 'read', steps: 'read', zeros: 'read', codes: 'read_write' },
  params: { rows: 'u32', columns: 'u32', groupSize: 'u32', groups: 'u32', bits: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, 256, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 4 * rows * columns, bytes: 8 * rows * columns }),
}

/** The columns of a matrix in another order, dead ones zeroed. */
export const gatherColumns: Kernel<'a' | 'order' | 'diagonal' | 'b', { rows: number; columns: number }> = {
  label: 'gather columns',
  wgsl: wgsl([grid, gatherSource]),
  bindings: { a: 'read', order: 'read', diagonal: 'read', b: 'read_write' },
  params: { rows: 'u32', columns: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, 256, device), params: shape }],
  cost: ({ rows, columns }) => ({ flops: 0, bytes: 8 * rows * columns }),
}

export const GPTQ_BLOCK = 128
/** Few rows a workgroup, so that a big GPU's many processors all get some. */
const ROWS_PER_GROUP = 32

export interface GptqBlockShape extends GridShape {
  readonly first: number
  /** Columns of this block, at most GPTQ_BLOCK. */
  readonly count: number
  /** Which row of the tensor u is row `first` of U; itself unless given. */
  readonly uRow?: number
}

const gptqParams = {
  rows: 'u32',
  columns: 'u32',
  first: 'u32',
  count: 'u32',
  groupSize: 'u32',
  groups: 'u32',
  bits: 'u32',
  uRow: 'u32',
} as const

/** One block of GPTQ's column loop; see the shader. */
const gptqBlockOf = (subQuads: number): Kernel<GptqBindings, GptqBlockShape> => ({
  label: 'gptq block',
  wgsl: wgsl([levels, gptqSource], { BLOCK: GPTQ_BLOCK, SIZE: ROWS_PER_GROUP, SUB_QUADS: subQuads }),
  bindings: {
    w: 'read_write',
    u: 'read',
    order: 'read',
    steps: 'read',
    zeros: 'read',
    codes: 'read_write',
    errors: 'read_write',
  },
  params: gptqParams,
  passes: (shape) => [{ groups: [Math.ceil(shape.rows / ROWS_PER_GROUP)], params: { uRow: shape.first, ...shape } }],
  cost: ({ rows, count }) => ({ flops: rows * count * (count + 8), bytes: 4 * (3 * rows * count + count * count) }),
})

type GptqBindings = 'w' | 'u' | 'order' | 'steps' | 'zeros' | 'codes' | 'errors'

/** Sixteen columns in registers; on a software adapter four, where sixteen would take half a minute to compile. */
const gptqBlocks = { hardware: gptqBlockOf(4), software: gptqBlockOf(1) }

export const gptqBlock = (software: boolean): Kernel<GptqBindings, GptqBlockShape> =>
  software ? gptqBlocks.software : gptqBlocks.hardware

/** w [rows, columns], original order: what the columns of a block were when they were rounded, their errors still there. */
export const compensated = byLines(
  (lines, suffix): Kernel<'errors' | 'u' | 'order' | 'codes' | 'a' | 'b' | 'w', GptqBlockShape> => ({
    label: `compensated${suffix}`,
    wgsl: wgsl([grid, ...lines, compensatedSource], { BLOCK: GPTQ_BLOCK }),
    bindings: { errors: 'read', u: 'read', order: 'read', codes: 'read', a: 'read', b: 'read', w: 'read_write' },
    params: gptqParams,
    passes: (shape, device) => [
      { groups: grid1d(shape.rows * shape.count, 64, device), params: { uRow: shape.first, ...shape } },
    ],
    cost: ({ rows, count }) => ({ flops: 4 * rows * count, bytes: 12 * rows * count }),
  }),
)

import grid from '../../shaders/lib/grid.wgsl?raw'
import levelsSource from '../../shaders/lib/sage_levels.wgsl?raw'
import rounded from '../../shaders/lib/sage_rounded.wgsl?raw'
import score from '../../shaders/lib/sage_score.wgsl?raw'
import totalsAlone from '../../shaders/lib/totals_alone.wgsl?raw'
import totalsTogether from '../../shaders/lib/totals_together.wgsl?raw'
import nearestSource from '../../shaders/nearest_on_line.wgsl?raw'
import centerSource from '../../shaders/sage_center.wgsl?raw'
import codesSource from '../../shaders/sage_codes.wgsl?raw'
import updateSource from '../../shaders/sage_levels.wgsl?raw'
import roundSource from '../../shaders/sage_round.wgsl?raw'
import startSource from '../../shaders/sage_start.wgsl?raw'
import takeSource from '../../shaders/take.wgsl?raw'
import { type DeviceTraits, grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { bySharing, type Sharing } from './sharing'
import { signCodeSources } from './sign-codes'

/** Kernels of SAGE-PTQ's graph and of its two modes of quantization. */

interface MatrixShape {
  readonly rows: number
  readonly columns: number
  /** 2^(b_s − 1), b_s the bits of a salient weight. */
  readonly half: number
}

const matrixParams = { first: 'u32', end: 'u32', columns: 'u32', half: 'u32' } as const

/** Dispatches over some rows each, of so many operations a weight. */
const byRows = (sharing: Sharing, operations: number) => (shape: MatrixShape, device: DeviceTraits) =>
  splitRows(shape.rows, sharing.items, operations * shape.columns, device).map(({ row, rows }) => ({
    groups: grid1d(rows, sharing.items, device),
    params: { first: row, end: row + rows, columns: shape.columns, half: shape.half },
  }))

const START_OPERATIONS = 8
const roundOperations = (groups: number) => 12 + 6 * groups

const startOf = (sharing: Sharing): Kernel<'w' | 'stats' | 'selection' | 'alphas' | 'sums', MatrixShape> => ({
  label: `sage start${sharing.suffix}`,
  wgsl: wgsl([sharing.source, score, startSource], sharing.constants),
  bindings: { w: 'read', stats: 'read', selection: 'read', alphas: 'read_write', sums: 'read_write' },
  params: matrixParams,
  passes: byRows(sharing, START_OPERATIONS),
  cost: ({ rows, columns }) => ({ flops: START_OPERATIONS * rows * columns, bytes: 4 * rows * columns }),
})

/** Scales of salient weights to start from, and sums of the others. */
export const sageStart = bySharing(startOf)

const centerOf = (sharing: Sharing): Kernel<'sums' | 'levels', { rows: number }> => ({
  label: `sage center${sharing.suffix}`,
  wgsl: wgsl([sharing.source, centerSource], sharing.constants),
  bindings: { sums: 'read', levels: 'read_write' },
  params: { rows: 'u32' },
  passes: (shape) => [{ groups: [1], params: shape }],
  cost: ({ rows }) => ({ flops: 2 * rows, bytes: 8 * rows }),
})

/** The mean of the weights that are not salient. */
export const sageCenter = bySharing(centerOf, { radix: 16 })

const totalsOf = ({ constants }: Sharing): string => (constants.LANES === 1 ? totalsAlone : totalsTogether)

type RoundBindings = 'w' | 'stats' | 'selection' | 'levels' | 'state' | 'alphas' | 'sums'

const roundOf = (sharing: Sharing, groups: number): Kernel<RoundBindings, MatrixShape> => ({
  label: `sage round of ${groups}${sharing.suffix}`,
  wgsl: wgsl([sharing.source, totalsOf(sharing), score, levelsSource, roundSource], {
    ...{ ...sharing.constants, GROUPS: groups, COUNT: 3 + 2 * groups },
  }),
  bindings: {
    ...{ w: 'read', stats: 'read', selection: 'read', levels: 'read', state: 'read' },
    ...{ alphas: 'read_write', sums: 'read_write' },
  },
  params: matrixParams,
  passes: byRows(sharing, roundOperations(groups)),
  cost: ({ rows, columns }) => ({ flops: roundOperations(groups) * rows * columns, bytes: 4 * rows * columns }),
})

type LevelBindings = 'sums' | 'levels' | 'state'

const levelsOf = (sharing: Sharing, groups: number): Kernel<LevelBindings, { rows: number; tolerance: number }> => ({
  label: `sage levels of ${groups}${sharing.suffix}`,
  wgsl: wgsl([sharing.source, totalsOf(sharing), updateSource], {
    ...{ ...sharing.constants, GROUPS: groups, COUNT: 1 + 2 * groups },
  }),
  bindings: { sums: 'read', levels: 'read_write', state: 'read_write' },
  params: { rows: 'u32', tolerance: 'f32' },
  passes: (shape) => [{ groups: [1], params: shape }],
  cost: ({ rows }) => ({ flops: 2 * rows * (1 + 2 * groups), bytes: 4 * rows * (1 + 2 * groups) }),
})

type CodeBindings = 'w' | 'stats' | 'selection' | 'codes' | 'levels' | 'alphas'

const codesOf = (groups: number): Kernel<CodeBindings, { rows: number; columns: number; top: number }> => ({
  label: `sage codes of ${groups}`,
  wgsl: wgsl([grid, ...signCodeSources, score, levelsSource, rounded, codesSource], { SIZE: 256, GROUPS: groups }),
  bindings: { w: 'read', stats: 'read', selection: 'read', codes: 'read_write', levels: 'read', alphas: 'read' },
  params: { rows: 'u32', columns: 'u32', top: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, 256, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: (12 + 3 * groups) * rows * columns, bytes: 8 * rows * columns }),
})

/** Places of group ids in a code, beside SIGN_FIELDS. */
export const GROUP_SHIFT = 4

const GROUPS = [1, 2, 3, 4, 5, 6, 7, 8]
const rounds = GROUPS.map((groups) => bySharing((sharing) => roundOf(sharing, groups)))
const updates = GROUPS.map((groups) => bySharing((sharing) => levelsOf(sharing, groups)))
const codes = GROUPS.map(codesOf)

/** Every weight to its nearest level, for the error and the next scales. */
export const sageRound = (software: boolean, groups: number) => rounds[groups - 1]!(software)
/** The amplitudes that follow from a round. */
export const sageLevels = (software: boolean, groups: number) => updates[groups - 1]!(software)
/** Codes under the scales as they are. */
export const sageCodes = (groups: number) => codes[groups - 1]!

/** taken [count] = elements[positions]. */
export const take: Kernel<'elements' | 'positions' | 'taken', { count: number }> = {
  label: 'take',
  wgsl: wgsl([grid, takeSource], { SIZE: 64 }),
  bindings: { elements: 'read', positions: 'read', taken: 'read_write' },
  params: { count: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, 64, device), params: shape }],
  cost: ({ count }) => ({ flops: 0, bytes: 12 * count }),
}

export interface LineShape {
  readonly samples: number
  /** Values of a sample. */
  readonly count: number
  /** Below `count`. */
  readonly neighbours: number
}

/** Nearest neighbours among ascending values. */
export const nearestOnLine: Kernel<'values' | 'firsts' | 'distances', LineShape> = {
  label: 'nearest on a line',
  wgsl: wgsl([grid, nearestSource], { SIZE: 64 }),
  bindings: { values: 'read', firsts: 'read_write', distances: 'read_write' },
  params: { samples: 'u32', count: 'u32', neighbours: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.samples * shape.count, 64, device), params: { ...shape } }],
  cost: ({ samples, count, neighbours }) => ({
    flops: 4 * samples * count * neighbours,
    bytes: 12 * samples * count,
  }),
}

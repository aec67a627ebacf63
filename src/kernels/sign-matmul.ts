import directSource from '../../shaders/gemm_direct.wgsl?raw'
import gemmSource from '../../shaders/lib/gemm.wgsl?raw'
import gridSource from '../../shaders/lib/grid.wgsl?raw'
import levelsSource from '../../shaders/lib/sign_levels.wgsl?raw'
import operandSource from '../../shaders/lib/sign_operand.wgsl?raw'
import signsSource from '../../shaders/lib/signs.wgsl?raw'
import rowsSource from '../../shaders/sign_rows.wgsl?raw'
import sparseSource from '../../shaders/sparse_rows.wgsl?raw'
import { invariant } from '../errors'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { chooseTile } from './gemm'
import { type GemmShape, gemmConstants, madeWhereLoaded, type Tile } from './gemm-shape'
import { remembered } from './remembered'
import { bySharing } from './sharing'
import {
  type PackedSign,
  type SignPanel,
  type SignValues,
  signParams,
  signShift,
  signTensors,
  signValues,
} from './sign-panel'

/** The most tokens that are multiplied a row at a time, reading x and the planes straight from memory. */
const FEW_TOKENS = 4
/** Operations that finding a level takes, in floating-point ones, for time budgets. */
const LEVEL_OPERATIONS = 24
const SIZE = 64

/** Without barriers, and with more tokens an invocation than the plain product has: finding a level costs more than using it. */
const SOFTWARE: Tile = {
  ...{ name: 'direct 8×4', source: directSource, loads: '', bytes: 0, rows: 8, columns: 128 },
  constants: { ROWS: 1, COLUMNS: 32, REG_M: 8, REG_N: 4 },
}

type Plane = 'planes' | 'levels' | 'ranks' | 'second'

interface RowsShape {
  readonly columns: number
  readonly rows: number
  readonly yStride: number
  readonly yOffset: number
  readonly signs: SignValues
}

const rowsOf = (tokens: number, salient: boolean) =>
  bySharing<Kernel<'x' | Plane | 'y', RowsShape>>(({ source, constants, items, suffix }) => ({
    label: `sign rows ${tokens}${salient ? ' salient' : ''}${suffix}`,
    wgsl: wgsl([signsSource, levelsSource, source, rowsSource], { ...constants, TOKENS: tokens, SALIENT: salient }),
    bindings: { x: 'read', planes: 'read', levels: 'read', ranks: 'read', second: 'read', y: 'read_write' },
    params: {
      ...({ columns: 'u32', rows: 'u32', row: 'u32', yStride: 'u32', yOffset: 'u32' } as const),
      ...({ spare0: 'u32', spare1: 'u32', spare2: 'u32', ...signParams } as const),
    },
    passes: ({ columns, rows, yStride, yOffset, signs }, device) =>
      splitRows(rows, items, columns * (LEVEL_OPERATIONS + 2 * tokens), device).map(({ row, rows: part }) => ({
        groups: grid1d(part, items, device),
        params: { columns, rows: row + part, row, yStride, yOffset, spare0: 0, spare1: 0, spare2: 0, ...signs },
      })),
    cost: ({ columns, rows, signs }) => ({
      flops: rows * columns * (LEVEL_OPERATIONS + 2 * tokens),
      bytes: (rows * columns * (1 + signs.idPlanes)) / 8 + 4 * tokens * (rows + columns),
    }),
  }))

/** The matmul kernel of a tile with signs for B. */
const tiledOf = (tile: Tile, salient: boolean): Kernel<'a' | Plane | 'fields' | 'c', GemmShape> => ({
  label: `sign gemm${salient ? ' salient' : ''} ${tile.name}`,
  wgsl: wgsl([gemmSource, signsSource, operandSource, levelsSource, tile.loads, tile.source], {
    ...tile.constants,
    ...gemmConstants('full', undefined, tile),
    ...{ TRANS_A: false, TRANS_B: true, SALIENT: salient },
  }),
  bindings: {
    ...{ a: 'read', planes: 'read', levels: 'read', ranks: 'read', second: 'read', fields: 'read', c: 'read_write' },
  },
  ...madeWhereLoaded(tile, { operations: LEVEL_OPERATIONS, bits: 1 }),
})

interface SparseShape extends RowsShape {
  readonly tokens: number
  readonly count: number
}

const sparseOf = (
  salient: boolean,
): Kernel<'x' | 'starts' | 'columns' | 'values' | 'levels' | 'ranks' | 'y', SparseShape> => ({
  label: `sparse rows${salient ? ' salient' : ''}`,
  wgsl: wgsl([gridSource, signsSource, sparseSource], { SIZE, SALIENT: salient }),
  bindings: {
    ...{ x: 'read', starts: 'read', columns: 'read', values: 'read', levels: 'read', ranks: 'read', y: 'read_write' },
  },
  params: {
    ...({ outputs: 'u32', columns: 'u32', rows: 'u32', output: 'u32', yStride: 'u32', yOffset: 'u32' } as const),
    ...({ spare0: 'u32', spare1: 'u32', ...signParams } as const),
  },
  passes: ({ tokens, columns, rows, yStride, yOffset, count, signs }, device) => {
    const each = (count / rows) * LEVEL_OPERATIONS
    return splitRows(tokens * rows, SIZE, each, device).map(({ row: output, rows: part }) => ({
      groups: grid1d(part, SIZE, device),
      params: {
        ...{ outputs: output + part, columns, rows, output, yStride, yOffset, spare0: 0, spare1: 0, ...signs },
      },
    }))
  },
  cost: ({ tokens, count }) => ({ flops: tokens * count * LEVEL_OPERATIONS, bytes: count * 8 }),
})

const rowsKernel = remembered(rowsOf, (tokens, salient) => `${tokens} ${salient}`)
const tiledKernel = remembered(tiledOf, (tile, salient) => `${tile.name} ${salient}`)
const sparseKernel = remembered(sparseOf, String)

export interface SignMatmulOptions {
  /** f32 [tokens, in] */
  readonly x: Tensor
  readonly packed: PackedSign
  /** f32 [tokens, out] */
  readonly y: Tensor
}

/**
 * Records y = x · Ŵᵀ from what is stored of a linear of signs, in float32: every weight is looked up where it is used and
 * none is written to memory. A row at a time for a few tokens, else in the tiles of the plain product.
 */
export function signMatmul(rec: Recorder, { x, packed, y }: SignMatmulOptions): void {
  const [tokens = 0, columns] = x.shape
  const fits = columns === packed.in && y.shape[0] === tokens && y.shape[1] === packed.out
  invariant(fits, () => `[${x.shape}] · '${packed.name}' [${packed.out}, ${packed.in}]ᵀ into [${y.shape}]`)
  if (tokens === 0) return
  for (const panel of packed.panels) {
    if (tokens <= FEW_TOKENS) multiplyRows(rec, { x, packed, y }, panel)
    else multiplyTiles(rec, { x, packed, y }, panel)
    if (panel.sparse) addSparse(rec, { x, packed, y }, panel)
  }
}

const placeOf = (packed: PackedSign, panel: SignPanel): RowsShape => ({
  ...{ columns: packed.in, rows: panel.rows, yStride: packed.out, yOffset: panel.start },
  signs: signValues(packed, panel),
})

function multiplyRows(rec: Recorder, { x, packed, y }: SignMatmulOptions, panel: SignPanel): void {
  const kernel = rowsKernel(x.shape[0]!, packed.ranks !== null)(rec.traits.software)
  rec.run(kernel, { x, ...signTensors(packed, panel), y }, placeOf(packed, panel))
}

function multiplyTiles(rec: Recorder, { x, packed, y }: SignMatmulOptions, panel: SignPanel): void {
  const [m, n, k] = [x.shape[0]!, panel.rows, packed.in]
  const shape: GemmShape = {
    ...{ m, n, k, lda: k, ldb: 2 ** signShift(k), ldc: packed.out, aOffset: 0, bOffset: 0, cOffset: panel.start },
    ...{ batch: 1, aBatch: 0, bBatch: 0, cBatch: 0, alpha: 1, beta: 0 },
  }
  const { software } = rec.traits
  const tile = software ? SOFTWARE : chooseTile(shape, { region: 'full' }, { splits: false, ...rec.traits }).tile
  const kernel = tiledKernel(tile, packed.ranks !== null)
  rec.run(kernel, { a: x, ...signTensors(packed, panel), fields: panel.fields, c: y }, shape)
}

function addSparse(rec: Recorder, { x, packed, y }: SignMatmulOptions, panel: SignPanel): void {
  const { starts, columns, values, at } = panel.sparse!
  const { levels, ranks } = signTensors(packed, panel)
  const shape = { ...placeOf(packed, panel), tokens: x.shape[0]!, count: at[panel.rows]! }
  rec.run(sparseKernel(packed.ranks !== null), { x, starts, columns, values, levels, ranks, y }, shape)
}

import directSource from '../../shaders/gemm_direct.wgsl?raw'
import gemmSource from '../../shaders/lib/gemm.wgsl?raw'
import levelsSource from '../../shaders/lib/sign_levels.wgsl?raw'
import loadsSource from '../../shaders/lib/sign_loads.wgsl?raw'
import operandSource from '../../shaders/lib/sign_operand.wgsl?raw'
import signsSource from '../../shaders/lib/signs.wgsl?raw'
import { invariant } from '../errors'
import { type Kernel, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { chooseTile, TILES } from './gemm'
import { type GemmShape, gemmConstants, madeWhereLoaded, type Tile } from './gemm-shape'
import { remembered } from './remembered'
import {
  LEVEL_OPERATIONS,
  type PackedSign,
  type Plane,
  type SignPanel,
  type SignRowsShape,
  signShift,
  signTensors,
  signValues,
} from './sign-panel'
import { signRows } from './sign-rows'
import { sparseRows, sparseTokens } from './sign-sparse'
import { signVector, wordsOfOneCell } from './sign-vector'

/** The most tokens that are multiplied a few rows at a time, and of them those that planes are read for once. */
const FEW_TOKENS = 8
const TOGETHER = 4
/** Rows of a matrix from which on its workgroups are large. */
const MANY_ROWS = 4096

/** Without barriers, and with more tokens an invocation than the plain product has: finding a level costs more than using it. */
const SOFTWARE: Tile = {
  ...{ name: 'direct 8×4', source: directSource, loads: '', bytes: 0, sharing: 8, rows: 8, columns: 128 },
  constants: { ROWS: 1, COLUMNS: 32, REG_M: 8, REG_N: 4 },
}

/** The matmul kernel of a tile with signs for B. */
const tiledOf = (tile: Tile, salient: boolean): Kernel<'a' | Plane | 'fields' | 'c', GemmShape> => ({
  label: `sign gemm${salient ? ' salient' : ''} ${tile.name}`,
  wgsl: wgsl([gemmSource, signsSource, operandSource, levelsSource, tile.loads && loadsSource, tile.source], {
    ...tile.constants,
    ...gemmConstants('full', undefined, tile),
    ...{ TRANS_A: false, TRANS_B: true, SALIENT: salient },
  }),
  bindings: {
    ...{ a: 'read', planes: 'read', levels: 'read', ranks: 'read', second: 'read', fields: 'read', c: 'read_write' },
  },
  ...madeWhereLoaded(tile, { operations: LEVEL_OPERATIONS, bits: 1 }),
})

const vectorKernel = remembered(signVector, (variant) => Object.values(variant).join(' '))
const rowsKernel = remembered(signRows, (tokens, salient) => `${tokens} ${salient}`)
const tiledKernel = remembered(tiledOf, (tile, salient) => `${tile.name} ${salient}`)
const sparseRowsKernel = remembered(sparseRows, String)
const sparseTokensKernel = remembered(sparseTokens, String)

export interface SignMatmulOptions {
  /** f32 [tokens, in] */
  readonly x: Tensor
  readonly packed: PackedSign
  /** f32 [rows, out] of which rows [row, row + tokens) are written */
  readonly y: Tensor
  readonly row?: number
}

/**
 * Records y = x · Ŵᵀ from what is stored of a linear of signs, in float32: every weight is looked up where it is used and
 * none is written to memory. A few rows at a time for a few tokens, else in the tiles of the plain product.
 */
export function signMatmul(rec: Recorder, { x, packed, y, row = 0 }: SignMatmulOptions): void {
  const [tokens = 0, columns] = x.shape
  const fits = columns === packed.in && y.shape[0]! >= row + tokens && y.shape[1] === packed.out
  invariant(
    fits,
    () => `[${x.shape}] · '${packed.name}' [${packed.out}, ${packed.in}]ᵀ into [${y.shape}] from row ${row} on`,
  )
  if (tokens === 0) return
  const multiply = multiplyOf(tokens, packed, rec.traits.software)
  for (const part of packed.panels) {
    const panel = { ...part, start: row * packed.out + part.start }
    multiply(rec, { x, packed, y }, panel)
    if (panel.sparse) addSparse(rec, { x, packed, y }, panel)
  }
}

function multiplyOf(tokens: number, packed: PackedSign, software: boolean) {
  if (tokens <= FEW_TOKENS && wordsOfOneCell(packed) && !software) return multiplyVectors
  return tokens <= TOGETHER ? multiplyRows : multiplyTiles
}

const placeOf = (packed: PackedSign, panel: SignPanel): SignRowsShape => ({
  ...{ columns: packed.in, rows: panel.rows, yStride: packed.out, yOffset: panel.start },
  signs: signValues(packed, panel),
})

function multiplyVectors(rec: Recorder, { x, packed, y }: SignMatmulOptions, panel: SignPanel): void {
  const [tokens = 0] = x.shape
  const { groups, blockColumns, perRow, ranks } = packed
  const kernel = vectorKernel({
    ...{ groups, oneCell: !perRow && blockColumns >= packed.in, salient: ranks !== null },
    ...{ most: tokens === 1 ? 1 : TOGETHER, size: panel.rows >= MANY_ROWS ? 256 : 64 },
  })
  for (let token = 0; token < tokens; token += TOGETHER) {
    const part = { token, tokens: Math.min(TOGETHER, tokens - token) }
    rec.run(kernel, { x, ...signTensors(packed, panel), y }, { ...placeOf(packed, panel), ...part })
  }
}

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
  const traits = { ...rec.traits, largeTile: TILES.tall.name }
  const tile = traits.software ? SOFTWARE : chooseTile(shape, { region: 'full' }, traits, false).tile
  const kernel = tiledKernel(tile, packed.ranks !== null)
  rec.run(kernel, { a: x, ...signTensors(packed, panel), fields: panel.fields, c: y }, shape)
}

function addSparse(rec: Recorder, { x, packed, y }: SignMatmulOptions, panel: SignPanel): void {
  const [tokens = 0] = x.shape
  const { starts, columns, values, at } = panel.sparse!
  const { levels, ranks } = signTensors(packed, panel)
  const [salient, { software }] = [packed.ranks !== null, rec.traits]
  const many = tokens > FEW_TOKENS && !software
  const kernel = many ? sparseTokensKernel(salient) : sparseRowsKernel(salient)(software)
  const shape = { ...placeOf(packed, panel), tokens, count: at[panel.rows]! }
  rec.run(kernel, { x, starts, columns, values, levels, ranks, y }, shape)
}

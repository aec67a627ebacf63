import gatherSource from '../../shaders/gather_slots.wgsl?raw'
import affineSource from '../../shaders/lib/affine.wgsl?raw'
import alikeSource from '../../shaders/lib/affine_alike_loads.wgsl?raw'
import cellsSource from '../../shaders/lib/affine_cells.wgsl?raw'
import loadsSource from '../../shaders/lib/affine_loads.wgsl?raw'
import operandSource from '../../shaders/lib/affine_operand.wgsl?raw'
import f16Source from '../../shaders/lib/f16.wgsl?raw'
import gemmSource from '../../shaders/lib/gemm.wgsl?raw'
import gridSource from '../../shaders/lib/grid.wgsl?raw'
import { invariant } from '../errors'
import { CHUNK, type Width } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { affineRegisters, REGISTER_CHUNKS } from './affine-registers'
import { type AffinePart, type AffineVariant, affineRows } from './affine-rows'
import { affineVector } from './affine-vector'
import { GRIDS, type PackedAffine, type PackedPanel, slotShift } from './dequantize-affine'
import { chooseTile, TILES } from './gemm'
import { type GemmShape, gemmConstants, madeWhereLoaded, type Tile } from './gemm-shape'
import { remembered } from './remembered'

/** The most tokens that are multiplied a few rows at a time, and of them those that codes are read for once. */
const FEW_TOKENS = 8
const TOGETHER = 4
/** Rows of a matrix from which on its workgroups are large. */
const MANY_ROWS = 4096
/** Operations that making a weight takes, in floating-point ones, for time budgets. */
const LEVEL_OPERATIONS = 40
const ALIKE_OPERATIONS = 8
const SIZE = 64

const gatherSlots: Kernel<'a' | 'slots' | 'b', { tokens: number; slots: number; columns: number }> = {
  label: 'gather slots',
  wgsl: wgsl([gridSource, gatherSource], { SIZE }),
  bindings: { a: 'read', slots: 'read', b: 'read_write' },
  params: { count: 'u32', slots: 'u32', columns: 'u32' },
  passes: ({ tokens, slots, columns }, device) => [
    { groups: grid1d(tokens * slots, SIZE, device), params: { count: tokens * slots, slots, columns } },
  ],
  cost: ({ tokens, slots }) => ({ flops: 0, bytes: 8 * tokens * slots + 4 * slots }),
}

/** The matmul kernel of a tile with packed codes for B. */
const tiledOf = (tile: Tile, { grid, scattered }: AffineVariant): Kernel<'a' | AffinePart | 'c', GemmShape> => ({
  label: `gemm of codes, ${grid}${scattered ? ' scattered' : ''}, ${tile.name}`,
  wgsl: wgsl(
    [gemmSource, f16Source, affineSource, operandSource, cellsSource, tile.loads && loadsSource, tile.source],
    {
      ...tile.constants,
      ...gemmConstants('full', undefined, tile),
      ...{ TRANS_A: false, TRANS_B: true, CHUNK, SCATTERED: scattered, GRID: GRIDS[grid] },
      ...{ SYMMETRIC: GRIDS.symmetric, ZERO: GRIDS.zero },
    },
  ),
  bindings: {
    ...{ a: 'read', codes: 'read', cells: 'read', chunks: 'read', owners: 'read' },
    c: 'read_write',
  },
  ...madeWhereLoaded(tile, { operations: LEVEL_OPERATIONS, bits: 4 }),
})

interface Alike {
  readonly bits: Width
  readonly grid: PackedAffine['grid']
  /** Of a group. */
  readonly columns: number
}

/** The same where all columns have one width and groups are whole chunks: a tile of 16 columns then lies in one group. */
const alikeOf = (tile: Tile, { bits, grid, columns }: Alike): Kernel<'a' | 'codes' | 'cells' | 'c', GemmShape> => ({
  label: `gemm of ${bits}-bit codes, ${grid}, groups of ${columns}, ${tile.name}`,
  wgsl: wgsl([gemmSource, f16Source, affineSource, cellsSource, alikeSource, tile.source], {
    ...tile.constants,
    ...gemmConstants('full', undefined, tile),
    ...{ TRANS_A: false, TRANS_B: true, BITS: bits, GROUP_COLUMNS: columns, GRID: GRIDS[grid] },
    ...{ SYMMETRIC: GRIDS.symmetric, ZERO: GRIDS.zero },
  }),
  bindings: { a: 'read', codes: 'read', cells: 'read', c: 'read_write' },
  ...madeWhereLoaded(tile, { operations: ALIKE_OPERATIONS, bits }),
})

const vectorKernel = remembered(affineVector, ({ widths, ...rest }) =>
  [widths.join(), ...Object.values(rest)].join(' '),
)
const registersKernel = remembered(affineRegisters, (variant) => Object.values(variant).join(' '))
const rowsKernel = remembered(affineRows, (most, { grid, scattered }) => [most, grid, scattered].join(' '))
const alikeKernel = remembered(alikeOf, ({ name }, alike) => [name, ...Object.values(alike)].join(' '))
const tiledKernel = remembered(tiledOf, (tile, { grid, scattered }) => `${tile.name} ${grid} ${scattered}`)

export interface AffineMatmulOptions {
  /** f32 [tokens, in] */
  readonly x: Tensor
  readonly packed: PackedAffine
  /** f32 [rows, out] of which rows [row, row + tokens) are written */
  readonly y: Tensor
  readonly row?: number
}

/**
 * Records y = x · Ŵᵀ from packed codes, in float32: every weight is made where it is used and none is written to memory.
 * Columns of all widths are multiplied in one dispatch; x is brought into their order first where they were moved.
 */
export function affineMatmul(gpu: Gpu, rec: Recorder, { x, packed, y, row = 0 }: AffineMatmulOptions): void {
  const [tokens = 0, columns = 0] = x.shape
  const fits = columns === packed.in && y.shape[0]! >= row + tokens && y.shape[1] === packed.out
  invariant(
    fits,
    () => `[${x.shape}] · '${packed.name}' [${packed.out}, ${packed.in}]ᵀ into [${y.shape}] from row ${row} on`,
  )
  if (tokens === 0) return
  const panels = packed.panels.map((panel) => ({ ...panel, start: row * packed.out + panel.start }))
  const [slots = 0] = packed.slots.shape
  const few = tokens <= FEW_TOKENS
  const unrolled = few && !packed.owners && !rec.traits.software
  const alone = unrolled && packed.perGroup > 0 && tokens === 1 && slots >= REGISTER_CHUNKS * CHUNK
  if (unrolled && !alone) {
    for (const panel of panels) multiplyVectors(rec, { x, packed, y }, panel)
    return
  }
  const ordered = packed.inPlace ? x : gpu.alloc([tokens, slots], 'f32', 'inputs in stored order')
  if (!packed.inPlace) rec.run(gatherSlots, { a: x, slots: packed.slots, b: ordered }, { tokens, slots, columns })
  for (const panel of panels)
    if (alone) multiplyOne(rec, { x: ordered, packed, y }, panel)
    else if (few) multiplyRows(rec, { x: ordered, packed, y }, panel)
    else multiplyTiles(rec, { x: ordered, packed, y }, panel)
  if (!packed.inPlace) gpu.free(ordered)
}

const partsOf = ({ slots, owners }: PackedAffine, { codes, cells, chunks }: PackedPanel) => ({
  ...{ codes, cells, chunks, owners: owners ?? slots },
})

const variantOf = ({ grid, owners }: PackedAffine): AffineVariant => ({ grid, scattered: owners !== null })

/** Where the tokens begin that are multiplied together, and how many they are. */
const together = (tokens: number) =>
  Array.from({ length: Math.ceil(tokens / TOGETHER) }, (_, i) => ({
    token: i * TOGETHER,
    tokens: Math.min(TOGETHER, tokens - i * TOGETHER),
  }))

function multiplyOne(rec: Recorder, { x, packed, y }: AffineMatmulOptions, panel: PackedPanel): void {
  const { groups, grid, perGroup, subnormal, segments } = packed
  const { codes, cells, rows, start } = panel
  const kernel = registersKernel({ bits: segments[0]!.bits, grid, subnormal })
  rec.run(kernel, { x, codes, cells, y }, { chunks: x.shape[1]! / CHUNK, rows, groups, perGroup, yOffset: start })
}

function multiplyVectors(rec: Recorder, { x, packed, y }: AffineMatmulOptions, panel: PackedPanel): void {
  const [tokens = 0, columns = 0] = x.shape
  const { slots, inPlace, groups, grid, perGroup, subnormal } = packed
  const { codes, cells, chunks, rows, start } = panel
  const widths: Width[] = [...new Set(packed.segments.map(({ bits }) => bits))].sort()
  const kernel = vectorKernel({
    ...{ widths, grid, moved: !inPlace, alike: perGroup > 0, subnormal, most: tokens === 1 ? 1 : TOGETHER },
    size: rows >= MANY_ROWS ? 256 : 64,
  })
  const shape = {
    ...{ columns, chunks: slots.shape[0]! / CHUNK, rows, groups, perGroup },
    ...{ yStride: packed.out, yOffset: start },
  }
  for (const part of together(tokens)) rec.run(kernel, { x, slots, codes, cells, chunks, y }, { ...shape, ...part })
}

function multiplyRows(rec: Recorder, { x, packed, y }: AffineMatmulOptions, panel: PackedPanel): void {
  const [tokens = 0, slots = 0] = x.shape
  const kernel = rowsKernel(tokens === 1 ? 1 : TOGETHER, variantOf(packed))(rec.traits.software)
  const shape = {
    ...{ chunks: slots / CHUNK, rows: panel.rows, groups: packed.groups },
    ...{ yStride: packed.out, yOffset: panel.start },
  }
  for (const part of together(tokens)) rec.run(kernel, { x, ...partsOf(packed, panel), y }, { ...shape, ...part })
}

function multiplyTiles(rec: Recorder, { x, packed, y }: AffineMatmulOptions, panel: PackedPanel): void {
  const [m = 0, k = 0] = x.shape
  const shape: GemmShape = {
    ...{ m, n: panel.rows, k, lda: k, ldb: 2 ** slotShift(k), ldc: packed.out },
    ...{ aOffset: 0, bOffset: 0, cOffset: panel.start },
    ...{ batch: 1, aBatch: 0, bBatch: 0, cBatch: 0, alpha: 1, beta: 0 },
  }
  // with what a load of codes keeps, a larger tile would not fit the registers
  const traits = { ...rec.traits, largeTile: TILES.tall.name }
  const { tile } = chooseTile(shape, { region: 'full' }, traits, false)
  const { grid, perGroup, segments } = packed
  if (tile.loads && perGroup > 0) {
    const kernel = alikeKernel(tile, { bits: segments[0]!.bits, grid, columns: perGroup * CHUNK })
    rec.run(kernel, { a: x, codes: panel.codes, cells: panel.cells, c: y }, shape)
  } else rec.run(tiledKernel(tile, variantOf(packed)), { a: x, ...partsOf(packed, panel), c: y }, shape)
}

import direct from '../../shaders/gemm_direct.wgsl?raw'
import tiled from '../../shaders/gemm_tiled.wgsl?raw'
import shared from '../../shaders/lib/gemm.wgsl?raw'
import loads from '../../shaders/lib/gemm_loads.wgsl?raw'
import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import { type DeviceTraits, type Kernel, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import {
  type GemmShape,
  gemmConstants,
  gemmParams,
  gemmPasses,
  HALVES,
  operands,
  partsOf,
  type Region,
  type Tile,
  type Triangle,
} from './gemm-shape'
import { chooseSplit, gemmSum } from './gemm-split'
import { FEW_ROWS, gemv } from './gemv'

export type { Region, Triangle }

export interface GemmVariant {
  /** A is stored [k,m]. */
  readonly transA: boolean
  /** B is stored [n,k], as weights are. */
  readonly transB: boolean
  readonly region: Region
  readonly triangle?: Triangle | undefined
  /** The operand lives in C's buffer, which WebGPU forbids to bind twice. */
  readonly aInC: boolean
  readonly bInC: boolean
  readonly tile: Tile
}

/**
 * A tiled variant m × n × k whose invocations each hold 4·quadsM × 4·quadsN sums. `unroll` of k are written out: all or none
 * where compilers unroll themselves: NVIDIA's made a slower kernel of four written out than of either.
 */
export const tile = (m: number, n: number, k: number, quadsM: number, quadsN: number, unroll = 1): Tile => {
  const threads = (m * n) / (16 * quadsM * quadsN)
  return {
    name: `${m}×${n}×${k}${unroll === 1 ? '' : ` by ${unroll}`}`,
    source: tiled,
    loads,
    rows: m,
    columns: n,
    bytes: 16 * k * (m / 4 + n / 4 + 2),
    sharing: m,
    constants: {
      ...{ TILE_M: m, TILE_N: n, TILE_K: k, QUADS_M: quadsM, QUADS_N: quadsN, UNROLL: unroll },
      ...{ LOADS_A: (m * k) / 4 / threads, LOADS_B: (n * k) / 4 / threads },
    },
  }
}

const directTile = (rows: number, columns: number, regM: number, regN: number): Tile => ({
  name: `direct ${regM}×${regN}`,
  source: direct,
  loads: '',
  rows: rows * regM,
  columns: columns * regN,
  bytes: 0,
  sharing: regM,
  constants: { ROWS: rows, COLUMNS: columns, REG_M: regM, REG_N: regN },
})

/** Register and workgroup tiles to choose from, the large one where there is more workgroup memory than WebGPU guarantees; bench/tiles.ts measures what each is worth. */
export const TILES = {
  large: tile(128, 128, 16, 2, 2, 16),
  tall: tile(128, 64, 16, 2, 1),
  medium: tile(64, 64, 16, 1, 1),
  software: directTile(4, 8, 4, 8),
  row: directTile(1, 64, 1, 1),
} as const

/** What may be better than the large tile on one device or another; the first is what is taken where nothing was tried. */
export const LARGE_TILES: readonly Tile[] = [
  TILES.large,
  tile(128, 128, 16, 2, 2),
  TILES.tall,
  tile(64, 128, 16, 1, 2),
  TILES.medium,
  directTile(8, 8, 8, 8),
]

const kernels = new WeakMap<Tile, Kernel<string, GemmShape>[]>()

/** The matmul kernel of a variant; the same variant is the same object. */
export function gemm(variant: GemmVariant): Kernel<string, GemmShape> {
  const ofTile = kernels.get(variant.tile) ?? []
  if (ofTile.length === 0) kernels.set(variant.tile, ofTile)
  return (ofTile[numberOf(variant)] ??= kernelOf(variant))
}

/** Of a variant among those of its tile: looked up for every product, where making a label would take longer than the rest. */
const numberOf = ({ transA, transB, aInC, bInC, region, triangle }: GemmVariant): number =>
  (+transA | (+transB << 1) | (+aInC << 2) | (+bInC << 3)) + 16 * HALVES[region] + 48 * HALVES[triangle ?? 'full']

function kernelOf({ transA, transB, region, triangle, aInC, bInC, tile }: GemmVariant): Kernel<string, GemmShape> {
  const { names, source } = operands(aInC, bInC)
  return {
    label: `gemm ${transA ? 'aᵀ' : 'a'}${triangle ? ` (${triangle})` : ''}·${transB ? 'bᵀ' : 'b'}${region === 'full' ? '' : ` ${region}`}${aInC ? ' a∈c' : ''}${bInC ? ' b∈c' : ''} ${tile.name}`,
    wgsl: wgsl([shared, source, tile.loads, tile.source], {
      ...tile.constants,
      TRANS_A: transA,
      TRANS_B: transB,
      ...gemmConstants(region, triangle, tile),
    }),
    bindings: Object.fromEntries(names.map((name) => [name, name === 'c' ? 'read_write' : 'read'])),
    params: gemmParams,
    passes: (shape, device) => gemmPasses(shape, tile, 2 * shape.k * shape.batch, device),
    cost: ({ m, n, k, batch, beta, partK }) => ({
      flops: 2 * m * n * k * batch * (region === 'full' ? 1 : 0.5) * (triangle ? 0.5 : 1),
      bytes: 4 * batch * (m * k * (triangle ? 0.5 : 1) + k * n + m * n * (beta === 0 ? 1 : 2) * partsOf(k, partK)),
    }),
  }
}

export interface MatmulOptions extends Partial<Omit<GemmShape, 'm' | 'n' | 'k' | 'alpha' | 'beta' | 'partK'>> {
  readonly a: Tensor
  readonly b: Tensor
  readonly c: Tensor
  readonly m: number
  readonly n: number
  readonly k: number
  readonly transA?: boolean
  readonly transB?: boolean
  readonly region?: Region
  /**
   * op(A), as it stands after transposition (A stored upper with transA is 'lower'), is square and has nothing on the
   * other side of its diagonal: stretches of zeros are neither read nor multiplied. Near the diagonal they are, so they
   * must be zeros in memory, as in the factors of linalg/factor.ts; leave this out where the other half holds anything else.
   */
  readonly triangle?: Triangle | undefined
  readonly alpha?: number
  /** Adds to what C holds. */
  readonly accumulate?: boolean
  /**
   * Lends up to 16 MiB, so that a long k may be split where C alone is too small to keep the device busy. They are given
   * back as soon as the product is recorded: submit before the next `gpu.upload`, as for any tensor freed while recording.
   */
  readonly gpu?: Pick<Gpu, 'alloc' | 'free'> | undefined
}

/** Records C [m,n] (+)= alpha · op(A) · op(B) with the tile that suits the shape and the device. */
export function matmul(rec: Recorder, options: MatmulOptions): void {
  const { a, b, c, m, n, k, transA = false, transB = false, region = 'full', triangle, gpu } = options
  invariant(!triangle || m === k, () => `matmul: a triangular operand of ${m} rows and ${k} columns`)
  if (m === 0 || n === 0 || k === 0) return
  const shape: GemmShape = {
    m,
    n,
    k,
    lda: options.lda ?? (transA ? m : k),
    ldb: options.ldb ?? (transB ? k : n),
    ldc: options.ldc ?? n,
    aOffset: options.aOffset ?? 0,
    bOffset: options.bOffset ?? 0,
    cOffset: options.cOffset ?? 0,
    batch: options.batch ?? 1,
    aBatch: options.aBatch ?? 0,
    bBatch: options.bBatch ?? 0,
    cBatch: options.cBatch ?? 0,
    alpha: options.alpha ?? 1,
    beta: options.accumulate ? 1 : 0,
  }
  const aInC = a.buffer === c.buffer
  const bInC = b.buffer === c.buffer
  const alongB = transB && !transA && region === 'full' && !triangle && shape.batch === 1 && !aInC && !bInC
  if (m <= FEW_ROWS && alongB && !rec.traits.software) {
    rec.run(gemv(m === 1 ? 1 : FEW_ROWS), { a, b, c }, shape)
    return
  }
  const { tile, partK } = chooseTile(shape, { region, triangle }, rec.traits, gpu !== undefined)
  if (gpu && partK) {
    const variant = { transA, transB, region, triangle, tile, aInC: false, bInC: false }
    const partial = gpu.alloc([shape.batch * partsOf(k, partK), m, n], 'f32', 'partial products')
    const whole = { ldc: n, cOffset: 0, cBatch: m * n, alpha: 1, beta: 0 }
    rec.run(gemm(variant), { a, b, c: partial }, { ...shape, ...whole, partK })
    rec.run(gemmSum(region, tile), { partial, c }, { ...shape, partK })
    gpu.free(partial)
    return
  }
  rec.run(gemm({ transA, transB, region, triangle, tile, aInC, bInC }), { a, b, c }, shape)
}

/**
 * Large tiles reuse more but leave a big GPU idle when there are few of them: then a long k is split, in large tiles where
 * that makes enough of them, else in small ones.
 */
export function chooseTile(
  shape: Pick<GemmShape, 'm' | 'n' | 'k' | 'batch'>,
  part: Pick<GemmVariant, 'region' | 'triangle'>,
  { software, workgroupBytes, largeTile }: Pick<DeviceTraits, 'software' | 'workgroupBytes' | 'largeTile'>,
  splits: boolean,
): { tile: Tile; partK?: number | undefined } {
  const { m, n, batch } = shape
  const split = (tile: Tile) => {
    const partK = splits && !software ? chooseSplit(shape, busyGroups(shape, { ...part, tile })) : undefined
    return { tile, partK }
  }
  if (m <= FEW_ROWS) return split(TILES.row)
  if (software) return split(TILES.software)
  const large = LARGE_TILES.find(({ name }) => name === largeTile) ?? TILES.large
  const busy = busyGroups(shape, { ...part, tile: TILES.large })
  if (large.bytes <= workgroupBytes && busy >= 2 * MANY_TILES) return split(large)
  const tall = split(TILES.tall)
  if (tilesOf(m, n, batch, TILES.tall) >= MANY_TILES) return tall
  const groups = busyGroups(shape, { ...part, tile: TILES.tall }) * partsOf(shape.k, tall.partK)
  return groups >= 3 * MANY_TILES ? tall : split(TILES.medium)
}

/** About as many as a large GPU has multiprocessors. */
const MANY_TILES = 128

const tilesOf = (m: number, n: number, batch: number, tile: Tile): number =>
  Math.ceil(m / tile.rows) * Math.ceil(n / tile.columns) * batch

/** Workgroups of a product that is not split, one for every two where half of their work falls away. */
function busyGroups(
  { m, n, batch }: Pick<GemmShape, 'm' | 'n' | 'batch'>,
  { region, triangle, tile }: Pick<GemmVariant, 'region' | 'triangle' | 'tile'>,
): number {
  return Math.ceil((tilesOf(m, n, batch, tile) * (region === 'full' ? 1 : 0.5)) / (triangle ? 2 : 1))
}

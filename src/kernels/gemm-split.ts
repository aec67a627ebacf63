import source from '../../shaders/gemm_sum.wgsl?raw'
import shared from '../../shaders/lib/gemm.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { type GemmShape, gemmConstants, gemmParams, gemmValues, partsOf, type Region, type Tile } from './gemm-shape'

const SIZE = 64

/** Products of fewer workgroups leave a large GPU mostly idle: an H100 has 132 multiprocessors, each good for several. */
const FEW_GROUPS = 128
const ENOUGH_GROUPS = 512
/** A shorter product is over before the second dispatch is encoded. */
const LONG_K = 1024
/** A shorter part of a 64×64 tile writes nearly as much as it reads. */
const LEAST_PART = 128
/** Multiples of every tile's depth, so that only the last part ends inside a tile. */
const PART_STEP = 32
const SCRATCH_BYTES = 16 * 2 ** 20

/**
 * How much of k one workgroup should take so that there are enough of them for a large GPU; undefined where they are
 * enough as it is, or k is too short. The partial products of all parts stay within 16 MiB and the larger operand's size.
 *
 * @param groups workgroups with something to do when k is not split
 */
export function chooseSplit({ m, n, k, batch }: Pick<GemmShape, 'm' | 'n' | 'k' | 'batch'>, groups: number) {
  if (groups >= FEW_GROUPS || k < LONG_K) return undefined
  const most = k / Math.max(LEAST_PART, Math.min(m, n))
  const parts = Math.floor(Math.min(ENOUGH_GROUPS / groups, most, SCRATCH_BYTES / (4 * m * n * batch)))
  if (parts < 2) return undefined
  return Math.ceil(k / parts / PART_STEP) * PART_STEP
}

const kernels = new Map<string, Kernel<'partial' | 'c', GemmShape>>()

/** C = alpha · Σ partial + beta · C: what remains to do for a shape whose k was split, in the same region and tiles. */
export function gemmSum(region: Region, tile: Tile): Kernel<'partial' | 'c', GemmShape> {
  const label = `gemm sum${region === 'full' ? '' : ` ${region} ${tile.name}`}`
  let kernel = kernels.get(label)
  if (kernel) return kernel
  const declarations = [
    '@group(0) @binding(1) var<storage, read> partial: array<f32>;',
    '@group(0) @binding(2) var<storage, read_write> c: array<f32>;',
  ]
  kernel = {
    label,
    wgsl: wgsl([shared, grid, ...declarations, source], { SIZE, ...gemmConstants(region, undefined, tile) }),
    bindings: { partial: 'read', c: 'read_write' },
    params: gemmParams,
    passes: (shape, device) => [
      { groups: [...grid1d(shape.m * shape.n, SIZE, device), shape.batch], params: gemmValues(shape) },
    ],
    cost: ({ m, n, k, batch, beta, partK }) => {
      const [sums, parts] = [m * n * batch * (region === 'full' ? 1 : 0.5), partsOf(k, partK)]
      return { flops: parts * sums, bytes: 4 * sums * (parts + (beta === 0 ? 1 : 2)) }
    },
  }
  kernels.set(label, kernel)
  return kernel
}

import source from '../../shaders/block_grid.wgsl?raw'
import blockHalves from '../../shaders/lib/block_halves.wgsl?raw'
import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import type { BlockGrid } from '../formats/gguf/grids'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

export interface BlockGridShape {
  readonly rows: number
  readonly columns: number
  /** Which blocks of a row to look at: `count` from `first` on. */
  readonly first: number
  readonly count: number
  readonly grid: BlockGrid
  /** What the ends of every sub-block are multiplied by before its line is looked for; 1. */
  readonly shrink?: number
}

/** Scales that are tried for every sub-block. */
const TRIALS = 21
/** Operations that the search of a line takes, for each weight of it. */
export const SEARCH_OPERATIONS = 12 * TRIALS + 60

const kernelOf = (symmetric: boolean): Kernel<'w' | 'importance' | 'a' | 'b', BlockGridShape> => ({
  label: `block grid, ${symmetric ? 'symmetric' : 'with lows'}`,
  wgsl: wgsl([grid, f16, blockHalves, source], { SYMMETRIC: symmetric, TRIALS }),
  bindings: { w: 'read', importance: 'read', a: 'read_write', b: 'read_write' },
  params: {
    ...({ rows: 'u32', columns: 'u32', first: 'u32', count: 'u32', size: 'u32', subs: 'u32' } as const),
    ...({ top: 'f32', most: 'f32', stepBits: 'u32', lowBits: 'u32', shrink: 'f32' } as const),
  },
  passes: ({ rows, columns, first, count: all, grid, shrink = 1 }, device) => {
    const { size, count: subs, bits, most, stepBits } = grid
    const lowBits = Math.max(1, grid.lowBits)
    // whole blocks of all rows
    const parts = Math.ceil((SEARCH_OPERATIONS * rows * all * subs * size) / device.flopsPerDispatch)
    const step = Math.max(1, Math.floor(all / parts))
    return Array.from({ length: Math.ceil(all / step) }, (_, i) => {
      const count = Math.min(step, all - i * step)
      const place = { rows, columns, first: first + i * step, count }
      return {
        groups: grid1d(rows * count, 64, device),
        params: { ...place, size, subs, top: 2 ** bits - 1, most, stepBits, lowBits, shrink },
      }
    })
  },
  cost: ({ rows, count, grid: { size, count: subs } }) => ({
    flops: SEARCH_OPERATIONS * rows * count * subs * size,
    bytes: 8 * rows * count * subs * size,
  }),
})

const kernels = { symmetric: kernelOf(true), affine: kernelOf(false) }

/** Finds the lines of blocks of a type; see the shader. */
export const blockGrid = ({ symmetric }: BlockGrid) => (symmetric ? kernels.symmetric : kernels.affine)

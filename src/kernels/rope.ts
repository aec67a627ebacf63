import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/rope.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

export interface RopeShape {
  /** Rows [row, row + rows) of x turn; they are windows of `length` rows one after another. */
  readonly row: number
  readonly rows: number
  readonly length: number
  /** Position of the first row of every window. The tables must reach to start + length. */
  readonly start: number
  readonly heads: number
  readonly headDim: number
  /** Numbers of a head that turn, an even part of it; all unless given. */
  readonly turned?: number
  /** Turns back: the gradient of what was turned. */
  readonly inverse?: boolean
}

/**
 * Rotary position embedding of x [rows, heads · headDim] in place, by tables [positions, turned / 2]; element i of a
 * head is paired with i + turned / 2 as in Hugging Face checkpoints.
 */
export const rope: Kernel<'cosines' | 'sines' | 'x', RopeShape> = {
  label: 'rope',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { cosines: 'read', sines: 'read', x: 'read_write' },
  params: {
    row: 'u32',
    rows: 'u32',
    heads: 'u32',
    halfDim: 'u32',
    headDim: 'u32',
    length: 'u32',
    start: 'u32',
    turn: 'f32',
  },
  passes: ({ row, rows, length, start, heads, headDim, turned = headDim, inverse }, device) => [
    {
      groups: grid1d((rows * heads * turned) / 2, SIZE, device),
      params: { row, rows, heads, halfDim: turned / 2, headDim, length, start, turn: inverse ? -1 : 1 },
    },
  ],
  cost: ({ rows, heads, headDim }) => ({ flops: 3 * rows * heads * headDim, bytes: 8 * rows * heads * headDim }),
}

import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/take_parts.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** Where the outputs of one matrix lie among those of a fused one: `pieces` of `width` columns, every `stride` from `first` on. */
export interface Parts {
  readonly pieces: number
  readonly width: number
  readonly stride: number
  readonly first: number
}

export interface TakePartsShape extends Parts {
  readonly rows: number
  readonly columns: number
}

/** y [rows, pieces · width] = those columns of x [rows, columns]. */
export const takeParts: Kernel<'x' | 'y', TakePartsShape> = {
  label: 'take parts',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { x: 'read', y: 'read_write' },
  params: { rows: 'u32', pieces: 'u32', width: 'u32', stride: 'u32', first: 'u32', columns: 'u32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows * shape.pieces * shape.width, SIZE, device), params: { ...shape } },
  ],
  cost: ({ rows, pieces, width }) => ({ flops: 0, bytes: 8 * rows * pieces * width }),
}

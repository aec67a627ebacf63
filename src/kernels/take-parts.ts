import grid from '../../shaders/lib/grid.wgsl?raw'
import putSource from '../../shaders/put_parts.wgsl?raw'
import source from '../../shaders/take_parts.wgsl?raw'
import { type DeviceTraits, grid1d, type Kernel, wgsl } from '../gpu/kernel'

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

const common = {
  params: { rows: 'u32', pieces: 'u32', width: 'u32', stride: 'u32', first: 'u32', columns: 'u32' },
  passes: (shape: TakePartsShape, device: DeviceTraits) => [
    { groups: grid1d(shape.rows * shape.pieces * shape.width, SIZE, device), params: { ...shape } },
  ],
  cost: ({ rows, pieces, width }: TakePartsShape) => ({ flops: 0, bytes: 8 * rows * pieces * width }),
} as const

/** y [rows, pieces · width] = those columns of x [rows, columns]. */
export const takeParts: Kernel<'x' | 'y', TakePartsShape> = {
  ...common,
  label: 'take parts',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { x: 'read', y: 'read_write' },
}

/** Those columns of x [rows, columns] += y [rows, pieces · width]. */
export const putParts: Kernel<'y' | 'x', TakePartsShape> = {
  ...common,
  label: 'put parts',
  wgsl: wgsl([grid, putSource], { SIZE }),
  bindings: { y: 'read', x: 'read_write' },
}

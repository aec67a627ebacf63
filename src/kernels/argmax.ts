import source from '../../shaders/argmax.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

export interface ArgmaxShape {
  readonly rows: number
  readonly columns: number
  /** Where the results begin in y, 0 unless given. */
  readonly row?: number
}

/** Instead of a column, for a row that holds NaN or an infinity. */
export const NO_COLUMN = 0xffffffff

/** y [row + rows] = column of each row's largest element, the lowest of equals, or NO_COLUMN. */
export const argmax: Kernel<'x' | 'y', ArgmaxShape> = {
  label: 'argmax',
  wgsl: wgsl([source], { SIZE: 256 }),
  bindings: { x: 'read', y: 'read_write' },
  params: { rows: 'u32', columns: 'u32', row: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, 1, device), params: { row: 0, ...shape } }],
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 4 * rows * columns }),
}

import source from '../../shaders/bias.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

export interface BiasShape {
  /** Rows [row, row + rows) of y change. */
  readonly row: number
  readonly rows: number
  readonly columns: number
}

/** y [rows, columns] ← y + b, the vector b [columns] added to every row. */
export const bias: Kernel<'y' | 'b', BiasShape> = {
  label: 'bias',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { y: 'read_write', b: 'read' },
  params: { row: 'u32', rows: 'u32', columns: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, SIZE, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 8 * rows * columns }),
}

import reduce from '../../shaders/lib/reduce.wgsl?raw'
import source from '../../shaders/row_squares.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

/** y [rows] = Σⱼ x[i, j]² of every row of x [rows, columns]. */
export const rowSquares: Kernel<'x' | 'y', { rows: number; columns: number }> = {
  label: 'row squares',
  wgsl: wgsl([reduce, source], { RADIX: 8 }),
  bindings: { x: 'read', y: 'read_write' },
  params: { rows: 'u32', columns: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, 1, device), params: shape }],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 4 * rows * columns }),
}

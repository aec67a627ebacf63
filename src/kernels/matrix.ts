import addDiagonalSource from '../../shaders/add_diagonal.wgsl?raw'
import columnDotSource from '../../shaders/column_dot.wgsl?raw'
import diagonalSource from '../../shaders/diagonal.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import mirrorSource from '../../shaders/mirror.wgsl?raw'
import reverseSource from '../../shaders/reverse.wgsl?raw'
import reverseDampedSource from '../../shaders/reverse_damped.wgsl?raw'
import scaleLinesSource from '../../shaders/scale_lines.wgsl?raw'
import subtractSource from '../../shaders/subtract.wgsl?raw'
import { grid1d, type Kernel, type Pass, wgsl } from '../gpu/kernel'

/** Small helpers on whole matrices; each moves every element once. */

const square = (n: number): Pass['groups'] => [Math.ceil(n / 16), Math.ceil(n / 16)]

/** a = order-reversed h + λ·I; see the shader. */
export const reverseDamped: Kernel<'h' | 'order' | 'a', { n: number; lambda: number }> = {
  label: 'reverse damped',
  wgsl: wgsl([reverseDampedSource]),
  bindings: { h: 'read', order: 'read', a: 'read_write' },
  params: { n: 'u32', lambda: 'f32' },
  passes: (shape) => [{ groups: square(shape.n), params: shape }],
  cost: ({ n }) => ({ flops: n, bytes: 8 * n * n }),
}

/** b[i, j] = a[n−1−i, n−1−j]. */
export const reverse: Kernel<'a' | 'b', { n: number }> = {
  label: 'reverse',
  wgsl: wgsl([reverseSource]),
  bindings: { a: 'read', b: 'read_write' },
  params: { n: 'u32' },
  passes: (shape) => [{ groups: square(shape.n), params: shape }],
  cost: ({ n }) => ({ flops: 0, bytes: 8 * n * n }),
}

/** Upper triangle onto the lower one. */
export const mirror: Kernel<'h', { n: number }> = {
  label: 'mirror',
  wgsl: wgsl([mirrorSource]),
  bindings: { h: 'read_write' },
  params: { n: 'u32' },
  passes: (shape) => [{ groups: square(shape.n), params: shape }],
  cost: ({ n }) => ({ flops: 0, bytes: 4 * n * n }),
}

export const diagonal: Kernel<'a' | 'd', { n: number }> = {
  label: 'diagonal',
  wgsl: wgsl([diagonalSource]),
  bindings: { a: 'read', d: 'read_write' },
  params: { n: 'u32' },
  passes: (shape) => [{ groups: [Math.ceil(shape.n / 64)], params: shape }],
  cost: ({ n }) => ({ flops: 0, bytes: 8 * n }),
}

/** a ← a + value·I. */
export const addDiagonal: Kernel<'a', { n: number; value: number }> = {
  label: 'add diagonal',
  wgsl: wgsl([addDiagonalSource]),
  bindings: { a: 'read_write' },
  params: { n: 'u32', value: 'f32' },
  passes: (shape) => [{ groups: [Math.ceil(shape.n / 64)], params: shape }],
  cost: ({ n }) => ({ flops: n, bytes: 8 * n }),
}

/** Rows that one partial sum covers: enough slices to fill a GPU, few enough to add up on the host. */
const SLICE = 512

/** Partial sums that `columnDot` leaves of so many rows. */
export const dotSlices = (rows: number): number => Math.ceil(rows / SLICE)

/** sums[s, j] = Σᵢ a[i, j]·b[i, j] over slice s of the rows, [dotSlices(rows), columns]; a may be b. */
export const columnDot: Kernel<'a' | 'b' | 'sums', { rows: number; columns: number }> = {
  label: 'column dot',
  wgsl: wgsl([columnDotSource]),
  bindings: { a: 'read', b: 'read', sums: 'read_write' },
  params: { rows: 'u32', columns: 'u32', slice: 'u32' },
  passes: (shape) => [
    { groups: [Math.ceil(shape.columns / 64), dotSlices(shape.rows)], params: { ...shape, slice: SLICE } },
  ],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 8 * rows * columns }),
}

/** d = a − b. */
export const subtract: Kernel<'a' | 'b' | 'd', { count: number }> = {
  label: 'subtract',
  wgsl: wgsl([grid, subtractSource]),
  bindings: { a: 'read', b: 'read', d: 'read_write' },
  params: { count: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, 256, device), params: shape }],
  cost: ({ count }) => ({ flops: count, bytes: 12 * count }),
}

/** y = x, its lines times or, where `divide` is 1, over s; columns of a matrix of `every` 1, rows of `every` elements. */
export const scaleLines: Kernel<
  'x' | 's' | 'y',
  { count: number; every: number; lines: number; divide: number; offset?: number }
> = {
  label: 'scale lines',
  wgsl: wgsl([grid, scaleLinesSource]),
  bindings: { x: 'read', s: 'read', y: 'read_write' },
  params: { count: 'u32', every: 'u32', lines: 'u32', divide: 'u32', offset: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, 256, device), params: { offset: 0, ...shape } }],
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
}

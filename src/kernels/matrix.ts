import addDiagonalSource from '../../shaders/add_diagonal.wgsl?raw'
import columnDotSource from '../../shaders/column_dot.wgsl?raw'
import diagonalSource from '../../shaders/diagonal.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import meanDiagonalSource from '../../shaders/mean_diagonal.wgsl?raw'
import mirrorSource from '../../shaders/mirror.wgsl?raw'
import mirrorAcrossSource from '../../shaders/mirror_across.wgsl?raw'
import reverseSource from '../../shaders/reverse.wgsl?raw'
import reverseDampedSource from '../../shaders/reverse_damped.wgsl?raw'
import scaleLinesSource from '../../shaders/scale_lines.wgsl?raw'
import subtractSource from '../../shaders/subtract.wgsl?raw'
import { grid1d, type Kernel, type Pass, wgsl } from '../gpu/kernel'

/** Small helpers on whole matrices; each moves every element once. */

const cells = (rows: number, columns: number): Pass['groups'] => [Math.ceil(columns / 16), Math.ceil(rows / 16)]

/** a = order-reversed h + damping·mean·I; see the shader. */
export const reverseDamped: Kernel<
  'h' | 'order' | 'mean' | 'a',
  { n: number; damping: number; hFirst: number; hCount: number; aFirst: number; aCount: number }
> = {
  label: 'reverse damped',
  wgsl: wgsl([reverseDampedSource]),
  bindings: { h: 'read', order: 'read', mean: 'read', a: 'read_write' },
  params: { n: 'u32', damping: 'f32', hFirst: 'u32', hCount: 'u32', aFirst: 'u32', aCount: 'u32' },
  passes: (shape) => [{ groups: cells(shape.aCount, shape.n), params: shape }],
  cost: ({ n, aCount }) => ({ flops: n, bytes: 8 * n * aCount }),
}

/** mean [1] = the mean of a diagonal d [n], a dead column counted as 1. */
export const meanDiagonal: Kernel<'d' | 'mean', { n: number }> = {
  label: 'mean diagonal',
  wgsl: wgsl([reduce, meanDiagonalSource], { RADIX: 16 }),
  bindings: { d: 'read', mean: 'read_write' },
  params: { n: 'u32' },
  passes: (shape) => [{ groups: [1], params: shape }],
  cost: ({ n }) => ({ flops: n, bytes: 4 * n }),
}

/** b[i, j] = a[n−1−i, n−1−j] between panels of both. */
export const reverse: Kernel<'a' | 'b', { n: number; aFirst: number; aCount: number; bFirst: number; bCount: number }> =
  {
    label: 'reverse',
    wgsl: wgsl([reverseSource]),
    bindings: { a: 'read', b: 'read_write' },
    params: { n: 'u32', aFirst: 'u32', aCount: 'u32', bFirst: 'u32', bCount: 'u32' },
    passes: (shape) => [{ groups: cells(shape.bCount, shape.n), params: shape }],
    cost: ({ n, bCount }) => ({ flops: 0, bytes: 8 * n * bCount }),
  }

/** Rows [first, first + count) of a square matrix of n columns. */
export interface PanelShape {
  readonly n: number
  readonly first: number
  readonly count: number
}

/** Upper triangle onto the lower one, of the square in a panel that the diagonal passes. */
export const mirror: Kernel<'h', PanelShape> = {
  label: 'mirror',
  wgsl: wgsl([mirrorSource]),
  bindings: { h: 'read_write' },
  params: { n: 'u32', first: 'u32', count: 'u32' },
  passes: (shape) => [{ groups: cells(shape.count, shape.count), params: { ...shape } }],
  cost: ({ count }) => ({ flops: 0, bytes: 4 * count * count }),
}

/** What is above the diagonal in panel h onto what is below it in panel y. */
export const mirrorAcross: Kernel<
  'h' | 'y',
  { n: number; fromFirst: number; fromCount: number; toFirst: number; toCount: number }
> = {
  label: 'mirror across',
  wgsl: wgsl([mirrorAcrossSource]),
  bindings: { h: 'read', y: 'read_write' },
  params: { n: 'u32', fromFirst: 'u32', fromCount: 'u32', toFirst: 'u32', toCount: 'u32' },
  passes: (shape) => [{ groups: cells(shape.toCount, shape.fromCount), params: shape }],
  cost: ({ fromCount, toCount }) => ({ flops: 0, bytes: 8 * fromCount * toCount }),
}

/** d = the diagonal, as far as it lies in panel a. */
export const diagonal: Kernel<'a' | 'd', PanelShape> = {
  label: 'diagonal',
  wgsl: wgsl([diagonalSource]),
  bindings: { a: 'read', d: 'read_write' },
  params: { n: 'u32', first: 'u32', count: 'u32' },
  passes: (shape) => [{ groups: [Math.ceil(shape.count / 64)], params: { ...shape } }],
  cost: ({ count }) => ({ flops: 0, bytes: 8 * count }),
}

/** a ← a + value·I, as far as that lies in panel a. */
export const addDiagonal: Kernel<'a', PanelShape & { value: number }> = {
  label: 'add diagonal',
  wgsl: wgsl([addDiagonalSource]),
  bindings: { a: 'read_write' },
  params: { n: 'u32', first: 'u32', count: 'u32', value: 'f32' },
  passes: (shape) => [{ groups: [Math.ceil(shape.count / 64)], params: { ...shape } }],
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
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

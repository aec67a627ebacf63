import gatherSource from '../../shaders/gather_square.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import sumsSource from '../../shaders/magnitude_sums.wgsl?raw'
import scaleSource from '../../shaders/scale_magnitudes.wgsl?raw'
import transposeSource from '../../shaders/transpose.wgsl?raw'
import { grid1d, type Kernel, type Pass, wgsl } from '../gpu/kernel'
import type { PanelShape } from './matrix'

/** What makes a graph of columns out of a layer's matrices. */

const panelParams = { n: 'u32', first: 'u32', count: 'u32' } as const

const tiles = (columns: number, rows: number): Pass['groups'] => [Math.ceil(columns / 16), Math.ceil(rows / 16)]

/** sums[i] = Σⱼ |x[i, j]|·weights[j] of the rows of a panel x. */
export const magnitudeSums: Kernel<'x' | 'weights' | 'sums', PanelShape> = {
  label: 'magnitude sums',
  wgsl: wgsl([reduce, sumsSource], { RADIX: 16 }),
  bindings: { x: 'read', weights: 'read', sums: 'read_write' },
  params: panelParams,
  passes: (shape, device) => [{ groups: grid1d(shape.count, 1, device), params: { ...shape } }],
  cost: ({ n, count }) => ({ flops: 2 * n * count, bytes: 4 * n * count }),
}

/** y[i, j] = left[i]·|x[i, j]|·right[j], plus loops[i] on the diagonal, of the rows of panels x and y. */
export const scaleMagnitudes: Kernel<'x' | 'left' | 'right' | 'loops' | 'y', PanelShape> = {
  label: 'scale magnitudes',
  wgsl: wgsl([scaleSource]),
  bindings: { x: 'read', left: 'read', right: 'read', loops: 'read', y: 'read_write' },
  params: panelParams,
  passes: (shape) => [{ groups: tiles(shape.n, shape.count), params: { ...shape } }],
  cost: ({ n, count }) => ({ flops: 3 * n * count, bytes: 8 * n * count }),
}

/** y[j, i] = scale·x[i, j], x [rows, columns]. */
export const transpose: Kernel<'x' | 'y', { rows: number; columns: number; scale: number }> = {
  label: 'transpose',
  wgsl: wgsl([transposeSource]),
  bindings: { x: 'read', y: 'read_write' },
  params: { rows: 'u32', columns: 'u32', scale: 'f32' },
  passes: (shape) => [{ groups: tiles(shape.columns, shape.rows), params: shape }],
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 8 * rows * columns }),
}

/** y[a, b] = X[nodes[a], nodes[b]] where row nodes[a] of X [n, n] is one of the `rows` from `first` on, x; y [count, count]. */
export const gatherSquare: Kernel<'x' | 'nodes' | 'y', { n: number; count: number; first: number; rows: number }> = {
  label: 'gather square',
  wgsl: wgsl([gatherSource]),
  bindings: { x: 'read', nodes: 'read', y: 'read_write' },
  params: { n: 'u32', count: 'u32', first: 'u32', rows: 'u32' },
  passes: (shape) => [{ groups: tiles(shape.count, shape.count), params: shape }],
  cost: ({ count }) => ({ flops: 0, bytes: 8 * count * count }),
}

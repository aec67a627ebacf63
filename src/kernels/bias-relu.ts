import source from '../../shaders/bias_relu.wgsl?raw'
import columnSumsSource from '../../shaders/column_sums.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import reluGradientSource from '../../shaders/relu_gradient.wgsl?raw'
import { type DeviceTraits, grid1d, type Kernel, type Pass, wgsl } from '../gpu/kernel'

/** What surrounds the product of a linear layer, y = relu(x·w + b), and the way back through it. */

const SIZE = 64

interface MatrixShape {
  readonly rows: number
  readonly columns: number
}

interface SumShape extends MatrixShape {
  /** Adds to what the sums hold. */
  readonly accumulate: boolean
}

const activation = {
  params: { count: 'u32', columns: 'u32' },
  passes: ({ rows, columns }: MatrixShape, device: DeviceTraits): Pass[] => [
    { groups: grid1d(rows * columns, SIZE, device), params: { count: rows * columns, columns } },
  ],
  cost: ({ rows, columns }: MatrixShape) => ({ flops: 2 * rows * columns, bytes: 8 * rows * columns }),
} as const

/** y [rows, columns] ← max(0, y). */
export const relu: Kernel<'y', MatrixShape> = {
  ...activation,
  label: 'relu',
  wgsl: wgsl([grid, 'fn shift(column: u32) -> f32 { return 0.0; }', source], { SIZE }),
  bindings: { y: 'read_write' },
}

/** y [rows, columns] ← max(0, y + b), the vector b [columns] added to every row. */
export const biasRelu: Kernel<'y' | 'b', MatrixShape> = {
  ...activation,
  label: 'bias relu',
  wgsl: wgsl(
    [
      grid,
      '@group(0) @binding(2) var<storage, read> b: array<f32>;',
      'fn shift(column: u32) -> f32 { return b[column]; }',
      source,
    ],
    { SIZE },
  ),
  bindings: { y: 'read_write', b: 'read' },
}

/** d ← d where y > 0, else 0. */
export const reluGradient: Kernel<'d' | 'y', { count: number }> = {
  label: 'relu gradient',
  wgsl: wgsl([grid, reluGradientSource], { SIZE }),
  bindings: { d: 'read_write', y: 'read' },
  params: { count: 'u32' },
  passes: ({ count }, device) => [{ groups: grid1d(count, SIZE, device), params: { count } }],
  cost: ({ count }) => ({ flops: count, bytes: 12 * count }),
}

const sums = {
  params: { rows: 'u32', columns: 'u32', accumulate: 'u32' },
  passes: (shape: SumShape): Pass[] => [
    { groups: [Math.ceil(shape.columns / 16)], params: { ...shape, accumulate: Number(shape.accumulate) } },
  ],
  cost: ({ rows, columns }: SumShape) => ({ flops: rows * columns, bytes: 4 * rows * columns }),
} as const

/** sums[j] (+)= Σᵢ d[i, j]: the gradient of a bias. */
export const columnSums: Kernel<'d' | 'sums', SumShape> = {
  ...sums,
  label: 'column sums',
  wgsl: wgsl([
    '@group(0) @binding(1) var<storage, read> d: array<f32>;',
    '@group(0) @binding(2) var<storage, read_write> sums: array<f32>;',
    'fn gated(at: u32) -> f32 { return d[at]; }',
    columnSumsSource,
  ]),
  bindings: { d: 'read', sums: 'read_write' },
}

/** d ← d where y > 0, else 0; then sums[j] (+)= Σᵢ d[i, j]: the gradients before relu(… + b), in one go. */
export const reluColumnSums: Kernel<'d' | 'y' | 'sums', SumShape> = {
  ...sums,
  label: 'relu column sums',
  wgsl: wgsl([
    '@group(0) @binding(1) var<storage, read_write> d: array<f32>;',
    '@group(0) @binding(2) var<storage, read> y: array<f32>;',
    '@group(0) @binding(3) var<storage, read_write> sums: array<f32>;',
    'fn gated(at: u32) -> f32 { d[at] = select(0.0, d[at], y[at] > 0.0); return d[at]; }',
    columnSumsSource,
  ]),
  bindings: { d: 'read_write', y: 'read', sums: 'read_write' },
}

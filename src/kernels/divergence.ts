import source from '../../shaders/divergence.wgsl?raw'
import rowsSource from '../../shaders/divergence_rows.wgsl?raw'
import part from '../../shaders/lib/divergence.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import { type DeviceTraits, type Kernel, splitRows, wgsl } from '../gpu/kernel'

export interface DivergenceShape {
  readonly rows: number
  readonly vocab: number
  /** Where the rows' results begin. */
  readonly row: number
}

const ROWS_A_GROUP = 8

/** Six exponentials an element of both, an exponential worth about ten simple operations. */
const flopsPerRow = ({ vocab }: DivergenceShape) => 70 * vocab

/** Dispatches of `size` rows a workgroup. */
const passes = (size: number) => (shape: DivergenceShape, device: DeviceTraits) =>
  splitRows(shape.rows, size, flopsPerRow(shape), device).map(({ row: first, rows }) => ({
    groups: [Math.ceil(rows / size)] as const,
    params: { ...shape, first, end: first + rows },
  }))

const common = {
  bindings: { a: 'read', b: 'read', y: 'read_write' },
  params: { first: 'u32', end: 'u32', vocab: 'u32', row: 'u32' },
  cost: (shape: DivergenceShape) => ({ flops: shape.rows * flopsPerRow(shape), bytes: 8 * shape.rows * shape.vocab }),
} as const

const byGroup: Kernel<'a' | 'b' | 'y', DivergenceShape> = {
  ...common,
  label: 'divergence',
  wgsl: wgsl([reduce, part, source], { RADIX: 16 }),
  passes: passes(1),
}

const byInvocation: Kernel<'a' | 'b' | 'y', DivergenceShape> = {
  ...common,
  label: 'divergence rows',
  wgsl: wgsl([part, rowsSource], { SIZE: ROWS_A_GROUP }),
  passes: passes(ROWS_A_GROUP),
}

/**
 * y[row + i] = KL(softmax a[i] ‖ softmax b[i]) = Σ p·log(p / q) in nats of the logits a, b [rows, vocab]. Not finite where
 * a logit is not. A software adapter takes an invocation a row, as for `nll`.
 */
export const divergence = (software: boolean) => (software ? byInvocation : byGroup)

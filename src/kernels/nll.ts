import reduce from '../../shaders/lib/reduce.wgsl?raw'
import source from '../../shaders/nll.wgsl?raw'
import rowsSource from '../../shaders/nll_rows.wgsl?raw'
import { type DeviceTraits, type Kernel, splitRows, wgsl } from '../gpu/kernel'

/** As a target: this row is not scored. */
export const NO_TARGET = 0xffffffff

export interface NllShape {
  readonly rows: number
  readonly vocab: number
  /** Where the rows' targets and results begin. */
  readonly row: number
}

const ROWS_A_GROUP = 8

/** An exponential is worth about ten simple operations. */
const flopsPerRow = ({ vocab }: NllShape) => 16 * vocab

/** Dispatches of `size` rows a workgroup. */
const passes = (size: number) => (shape: NllShape, device: DeviceTraits) =>
  splitRows(shape.rows, size, flopsPerRow(shape), device).map(({ row: first, rows }) => ({
    groups: [Math.ceil(rows / size)] as const,
    params: { ...shape, first, end: first + rows },
  }))

const common = {
  bindings: { logits: 'read', targets: 'read', y: 'read_write' },
  params: { first: 'u32', end: 'u32', vocab: 'u32', row: 'u32' },
  cost: (shape: NllShape) => ({ flops: shape.rows * flopsPerRow(shape), bytes: 4 * shape.rows * shape.vocab }),
} as const

const byGroup: Kernel<'logits' | 'targets' | 'y', NllShape> = {
  ...common,
  label: 'nll',
  wgsl: wgsl([reduce, source], { RADIX: 16 }),
  passes: passes(1),
}

const byInvocation: Kernel<'logits' | 'targets' | 'y', NllShape> = {
  ...common,
  label: 'nll rows',
  wgsl: wgsl([rowsSource], { SIZE: ROWS_A_GROUP }),
  passes: passes(ROWS_A_GROUP),
}

/**
 * y[row + i] = −log softmax(logits[i])[targets[row + i]] in nats, 0 where the target is NO_TARGET. A software adapter
 * takes an invocation a row: without barriers lavapipe is twice, SwiftShader six times as fast.
 */
export const nll = (software: boolean) => (software ? byInvocation : byGroup)

import grid from '../../shaders/lib/grid.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import source from '../../shaders/rms_norm.wgsl?raw'
import rowsSource from '../../shaders/rms_norm_rows.wgsl?raw'
import { type DeviceTraits, grid1d, type Kernel, wgsl } from '../gpu/kernel'

export interface RmsNormShape {
  readonly rows: number
  readonly hidden: number
  readonly eps: number
  /** Added to every weight; 0 unless given. */
  readonly offset?: number
}

const ROWS_A_GROUP = 8

/** One dispatch of `size` rows a workgroup. */
const passes = (size: number) => (shape: RmsNormShape, device: DeviceTraits) => [
  { groups: grid1d(shape.rows, size, device), params: { ...shape, offset: shape.offset ?? 0 } },
]

const common = {
  bindings: { x: 'read', w: 'read', y: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', eps: 'f32', offset: 'f32' },
  cost: ({ rows, hidden }: RmsNormShape) => ({ flops: 4 * rows * hidden, bytes: 8 * rows * hidden }),
} as const

const byGroup: Kernel<'x' | 'w' | 'y', RmsNormShape> = {
  ...common,
  label: 'rms norm',
  wgsl: wgsl([reduce, source], { RADIX: 8 }),
  passes: passes(1),
}

const byInvocation: Kernel<'x' | 'w' | 'y', RmsNormShape> = {
  ...common,
  label: 'rms norm rows',
  wgsl: wgsl([grid, rowsSource], { SIZE: ROWS_A_GROUP }),
  passes: passes(ROWS_A_GROUP),
}

/**
 * y [rows, hidden] = x / sqrt(mean(x²) + eps) · (w + offset) (Zhang & Sennrich 2019, eps inside the root as in LLaMA). A software
 * adapter takes an invocation a row: without barriers lavapipe is five times, SwiftShader ten times as fast.
 */
export const rmsNorm = (software: boolean) => (software ? byInvocation : byGroup)

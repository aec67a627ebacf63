import reduce from '../../shaders/lib/reduce.wgsl?raw'
import source from '../../shaders/rms_norm.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

export interface RmsNormShape {
  readonly rows: number
  readonly hidden: number
  readonly eps: number
}

/** y [rows, hidden] = x / sqrt(mean(x²) + eps) · w (Zhang & Sennrich 2019, eps inside the root as in LLaMA). */
export const rmsNorm: Kernel<'x' | 'w' | 'y', RmsNormShape> = {
  label: 'rms norm',
  wgsl: wgsl([reduce, source], { RADIX: 8 }),
  bindings: { x: 'read', w: 'read', y: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', eps: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, 1, device), params: { ...shape } }],
  cost: ({ rows, hidden }) => ({ flops: 4 * rows * hidden, bytes: 8 * rows * hidden }),
}

import source from '../../shaders/adam.wgsl?raw'
import adam from '../../shaders/lib/adam.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** What a step of Adam depends on beside its tensors. */
export interface AdamNumbers {
  /** Learning rate of this step. */
  readonly rate: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  /** 1/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ) at step t = 1, 2, … */
  readonly unbias1: number
  readonly unbias2: number
}

export interface AdamShape extends AdamNumbers {
  readonly count: number
}

/** One step of Adam on w with its moments m, v and the gradient g, all [count]. */
export const adamStep: Kernel<'w' | 'm' | 'v' | 'g', AdamShape> = {
  label: 'adam',
  wgsl: wgsl([grid, adam, source], { SIZE }),
  bindings: { w: 'read_write', m: 'read_write', v: 'read_write', g: 'read' },
  params: { count: 'u32', rate: 'f32', beta1: 'f32', beta2: 'f32', eps: 'f32', unbias1: 'f32', unbias2: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, SIZE, device), params: { ...shape } }],
  cost: ({ count }) => ({ flops: 14 * count, bytes: 28 * count }),
}

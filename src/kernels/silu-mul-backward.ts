import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/silu_mul_backward.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** Gradients of `siluMul` to its two inputs from the gradient dm of its result, element by element. */
export const siluMulBackward: Kernel<'gate' | 'up' | 'dm' | 'dgate' | 'dup', { count: number }> = {
  label: 'silu·mul backward',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { gate: 'read', up: 'read', dm: 'read', dgate: 'read_write', dup: 'read_write' },
  params: { count: 'u32' },
  passes: ({ count }, device) => [{ groups: grid1d(count, SIZE, device), params: { count } }],
  cost: ({ count }) => ({ flops: 12 * count, bytes: 20 * count }),
}

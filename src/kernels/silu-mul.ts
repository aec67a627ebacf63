import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/silu_mul.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** gate ← silu(gate) · up, element by element: the gated unit of Shazeer 2020. */
export const siluMul: Kernel<'gate' | 'up', { count: number }> = {
  label: 'silu·mul',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { gate: 'read_write', up: 'read' },
  params: { count: 'u32' },
  passes: ({ count }, device) => [{ groups: grid1d(count, SIZE, device), params: { count } }],
  cost: ({ count }) => ({ flops: 5 * count, bytes: 12 * count }),
}

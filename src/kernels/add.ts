import source from '../../shaders/add.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** y ← y + x, element by element. */
export const add: Kernel<'y' | 'x', { count: number }> = {
  label: 'add',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { y: 'read_write', x: 'read' },
  params: { count: 'u32' },
  passes: ({ count }, device) => [{ groups: grid1d(count, SIZE, device), params: { count } }],
  cost: ({ count }) => ({ flops: count, bytes: 12 * count }),
}

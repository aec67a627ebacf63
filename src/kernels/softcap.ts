import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/softcap.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** x ← cap · tanh(x / cap), element by element: nothing gets beyond ±cap (Gemma Team 2024, arXiv 2408.00118). */
export const softcap: Kernel<'x', { count: number; cap: number }> = {
  label: 'softcap',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { x: 'read_write' },
  params: { count: 'u32', cap: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, SIZE, device), params: { ...shape } }],
  cost: ({ count }) => ({ flops: 8 * count, bytes: 8 * count }),
}

import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/widen.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** Elements [first, first + count) of y are written. */
export interface WidenShape {
  readonly first: number
  readonly count: number
}

/** y ← float16 or bfloat16 `halves`, two a word, the one at the lower bits first; exact, whatever the device does with subnormals. */
const kernel = (dtype: 'F16' | 'BF16'): Kernel<'halves' | 'y', WidenShape> => ({
  label: `widen ${dtype}`,
  wgsl: wgsl([grid, f16, source], { SIZE, BRAIN: dtype === 'BF16' }),
  bindings: { halves: 'read', y: 'read_write' },
  params: { first: 'u32', count: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(Math.ceil(shape.count / 2), SIZE, device), params: { ...shape } }],
  cost: ({ count }) => ({ flops: count, bytes: 6 * count }),
})

export const widen = { F16: kernel('F16'), BF16: kernel('BF16') } as const

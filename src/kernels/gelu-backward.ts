import source from '../../shaders/gelu_backward.wgsl?raw'
import curve from '../../shaders/lib/gelu.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { type DeviceTraits, grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { Gelu } from './gelu'

const SIZE = 64

const common = (kind: Gelu, gated: 0 | 1) =>
  ({
    label: `${kind}${gated ? '·mul' : ''} backward`,
    wgsl: wgsl([grid, curve, source], { SIZE, TANH: kind === 'gelu_tanh', GATED: gated }),
    params: { count: 'u32' },
    passes: ({ count }: { count: number }, device: DeviceTraits) => [
      { groups: grid1d(count, SIZE, device), params: { count } },
    ],
    cost: ({ count }: { count: number }) => ({ flops: 30 * count, bytes: 20 * count }),
  }) as const

const plain = (kind: Gelu): Kernel<'x' | 'dm' | 'dx', { count: number }> => ({
  ...common(kind, 0),
  bindings: { x: 'read', dm: 'read', dx: 'read_write' },
})

const gated = (kind: Gelu): Kernel<'x' | 'dm' | 'dx' | 'up' | 'dup', { count: number }> => ({
  ...common(kind, 1),
  bindings: { x: 'read', dm: 'read', dx: 'read_write', up: 'read', dup: 'read_write' },
})

/** dx of `gelu` from its input x and its output's gradient dm. */
export const geluBackward = { gelu: plain('gelu'), gelu_tanh: plain('gelu_tanh') } as const

/** dx and dup of `geluMul`, x what it was given. */
export const geluMulBackward = { gelu: gated('gelu'), gelu_tanh: gated('gelu_tanh') } as const

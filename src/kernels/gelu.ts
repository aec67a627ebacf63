import source from '../../shaders/gelu.wgsl?raw'
import curve from '../../shaders/lib/gelu.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

/** The two forms in use: by the error function, and OpenAI's approximation by tanh. */
export type Gelu = 'gelu' | 'gelu_tanh'

const SIZE = 64

const sourceOf = (kind: Gelu, gated: 0 | 1) =>
  wgsl([grid, curve, source], { SIZE, TANH: kind === 'gelu_tanh', GATED: gated })

const common = {
  params: { count: 'u32' },
  passes: ({ count }: { count: number }, device: Parameters<typeof grid1d>[2]) => [
    { groups: grid1d(count, SIZE, device), params: { count } },
  ],
  cost: ({ count }: { count: number }) => ({ flops: 12 * count, bytes: 12 * count }),
} as const

const plain = (kind: Gelu): Kernel<'x', { count: number }> => ({
  ...common,
  label: kind,
  wgsl: sourceOf(kind, 0),
  bindings: { x: 'read_write' },
})

const gated = (kind: Gelu): Kernel<'x' | 'up', { count: number }> => ({
  ...common,
  label: `${kind}·mul`,
  wgsl: sourceOf(kind, 1),
  bindings: { x: 'read_write', up: 'read' },
})

/** x ← gelu(x), element by element. */
export const gelu = { gelu: plain('gelu'), gelu_tanh: plain('gelu_tanh') } as const

/** x ← gelu(x) · up. */
export const geluMul = { gelu: gated('gelu'), gelu_tanh: gated('gelu_tanh') } as const

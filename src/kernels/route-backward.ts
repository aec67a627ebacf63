import grid from '../../shaders/lib/grid.wgsl?raw'
import routeSource from '../../shaders/route_backward.wgsl?raw'
import shareSource from '../../shaders/share_gradient.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { ExpertShape, RouteShape } from './route'
import { bySharing, type Sharing } from './sharing'

const SIZE = 64

/** dlogits [tokens, experts] of `route`, from what it was given and gave, and the gradient of that. */
export const routeBackward: Kernel<'logits' | 'shares' | 'dshares' | 'dlogits', RouteShape> = {
  label: 'route backward',
  wgsl: wgsl([grid, routeSource], { SIZE }),
  bindings: { logits: 'read', shares: 'read', dshares: 'read', dlogits: 'read_write' },
  params: { tokens: 'u32', experts: 'u32', picks: 'u32', normalized: 'u32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.tokens, SIZE, device), params: { ...shape, normalized: Number(shape.normalized) } },
  ],
  cost: ({ tokens, experts }) => ({ flops: 30 * tokens * experts, bytes: 32 * tokens * experts }),
}

const gradientOf = (sharing: Sharing): Kernel<'x' | 'dy' | 'dshares', ExpertShape> => ({
  label: `share gradient${sharing.suffix}`,
  wgsl: wgsl([sharing.source, shareSource], sharing.constants),
  bindings: { x: 'read', dy: 'read', dshares: 'read_write' },
  params: { rows: 'u32', columns: 'u32', experts: 'u32', expert: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, sharing.items, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 8 * rows * columns }),
})

/** Column `expert` of dshares [rows, experts] of `addShare`, from its x and the gradient dy of its result [rows, columns]. */
export const shareGradient = bySharing(gradientOf)

import endsSource from '../../shaders/clipping_ends.wgsl?raw'
import gradientSource from '../../shaders/clipping_gradient.wgsl?raw'
import gridSource from '../../shaders/clipping_grid.wgsl?raw'
import weightsSource from '../../shaders/clipping_weights.wgsl?raw'
import clipping from '../../shaders/lib/clipping.wgsl?raw'
import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { GridShape } from './quantize'

/**
 * Learned weight clipping, OmniQuant (arXiv 2308.13137, equation 2), on the groups of a matrix w [rows, columns]. `ends`
 * and `clips` are [2, rows, groups]: smallest and largest weight, and the logits b, g of what is kept of them.
 */

const [SIZE, RADIX] = [256, 8]
const params = { rows: 'u32', columns: 'u32', groupSize: 'u32', groups: 'u32', bits: 'u32' } as const

/** ends = min w and max w of every (row, group). */
export const clippingEnds: Kernel<'w' | 'ends', GridShape> = {
  label: 'clipping ends',
  wgsl: wgsl([reduce, endsSource], { RADIX }),
  bindings: { w: 'read', ends: 'read_write' },
  params,
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.groups, 1, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 4 * rows * columns }),
}

/** y [rows, columns] = w rounded to nearest on the clipped ranges. */
export const clippingWeights: Kernel<'ends' | 'clips' | 'w' | 'y', GridShape> = {
  label: 'clipping weights',
  wgsl: wgsl([grid, clipping, weightsSource], { SIZE }),
  bindings: { ends: 'read', clips: 'read', w: 'read', y: 'read_write' },
  params,
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, SIZE, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 30 * rows * columns, bytes: 8 * rows * columns }),
}

/** d [2, rows, groups] = gradient to `clips` of what has the gradient dy [rows, columns] to `clippingWeights`' y. */
export const clippingGradient: Kernel<'ends' | 'clips' | 'w' | 'dy' | 'd', GridShape> = {
  label: 'clipping gradient',
  wgsl: wgsl([reduce, clipping, gradientSource], { RADIX }),
  bindings: { ends: 'read', clips: 'read', w: 'read', dy: 'read', d: 'read_write' },
  params,
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.groups, 1, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 12 * rows * columns, bytes: 8 * rows * columns }),
}

/** steps and zeros [rows, groups] of the clipped ranges as they are stored: float16 values, and codes. */
export const clippingGrid: Kernel<'ends' | 'clips' | 'steps' | 'zeros', GridShape> = {
  label: 'clipping grid',
  wgsl: wgsl([grid, f16, clipping, gridSource], { SIZE: 64 }),
  bindings: { ends: 'read', clips: 'read', steps: 'read_write', zeros: 'read_write' },
  params,
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.groups, 64, device), params: { ...shape } }],
  cost: ({ rows, groups }) => ({ flops: 40 * rows * groups, bytes: 24 * rows * groups }),
}

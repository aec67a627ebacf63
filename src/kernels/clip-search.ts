import gridErrorsSource from '../../shaders/grid_errors.wgsl?raw'
import keepLeastSource from '../../shaders/keep_least.wgsl?raw'
import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import levels from '../../shaders/lib/levels.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import minMaxSource from '../../shaders/min_max_grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { GridShape } from './quantize'

const RADIX = 8

const gridParams = { rows: 'u32', columns: 'u32', groupSize: 'u32', groups: 'u32' } as const

/**
 * Step and zero of the min–max grid of every (row, group) in the dialect of the AWQ code, its ends multiplied by `shrink`;
 * see the shader.
 */
export const minMaxGrid: Kernel<'w' | 'steps' | 'zeros', GridShape & { readonly shrink: number }> = {
  label: 'min-max grid',
  wgsl: wgsl([reduce, f16, minMaxSource], { RADIX }),
  bindings: { w: 'read', steps: 'read_write', zeros: 'read_write' },
  params: { ...gridParams, bits: 'u32', shrink: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.groups, 1, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 4 * rows * columns }),
}

/** d = ŵ − w, ŵ the level nearest to each weight. */
export const gridErrors: Kernel<'w' | 'steps' | 'zeros' | 'd', GridShape> = {
  label: 'grid errors',
  wgsl: wgsl([grid, levels, gridErrorsSource]),
  bindings: { w: 'read', steps: 'read', zeros: 'read', d: 'read_write' },
  params: { ...gridParams, bits: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, 256, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 8 * rows * columns, bytes: 8 * rows * columns }),
}

type KeepBindings = 'd' | 'product' | 'candidate_steps' | 'candidate_zeros' | 'least' | 'steps' | 'zeros'

/** Keeps a candidate's grid for every (row, group) whose error it lowers, and the error; see the shader. */
export const keepLeast: Kernel<KeepBindings, GridShape & { readonly first: boolean }> = {
  label: 'keep least',
  wgsl: wgsl([reduce, keepLeastSource], { RADIX }),
  bindings: {
    d: 'read',
    product: 'read',
    candidate_steps: 'read',
    candidate_zeros: 'read',
    least: 'read_write',
    steps: 'read_write',
    zeros: 'read_write',
  },
  params: { ...gridParams, first: 'u32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows * shape.groups, 1, device), params: { ...shape, first: Number(shape.first) } },
  ],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 8 * rows * columns }),
}

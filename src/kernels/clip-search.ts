import gridErrorsSource from '../../shaders/grid_errors.wgsl?raw'
import keepLeastSource from '../../shaders/keep_least.wgsl?raw'
import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import minMaxSource from '../../shaders/min_max_grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { byLines } from './lines'
import type { GridShape } from './quantize'
import { bySharing, type Sharing } from './sharing'

const gridParams = { rows: 'u32', columns: 'u32', groupSize: 'u32', groups: 'u32' } as const

type MinMaxShape = GridShape & { readonly shrink: number }

const minMaxGridOf = (sharing: Sharing): Kernel<'w' | 'steps' | 'zeros', MinMaxShape> => ({
  label: `min-max grid${sharing.suffix}`,
  wgsl: wgsl([sharing.source, f16, minMaxSource], sharing.constants),
  bindings: { w: 'read', steps: 'read_write', zeros: 'read_write' },
  params: { ...gridParams, bits: 'u32', shrink: 'f32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows * shape.groups, sharing.items, device), params: { ...shape } },
  ],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 4 * rows * columns }),
})

/**
 * Step and zero of the min–max grid of every (row, group) in the dialect of the AWQ code, its ends multiplied by `shrink`;
 * see the shader.
 */
export const minMaxGrid = bySharing(minMaxGridOf)

/** d = ŵ − w, ŵ the level nearest to each weight. */
export const gridErrors = byLines(
  (lines, suffix): Kernel<'w' | 'a' | 'b' | 'd', GridShape> => ({
    label: `grid errors${suffix}`,
    wgsl: wgsl([grid, ...lines, gridErrorsSource]),
    bindings: { w: 'read', a: 'read', b: 'read', d: 'read_write' },
    params: { ...gridParams, bits: 'u32' },
    passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, 256, device), params: { ...shape } }],
    cost: ({ rows, columns }) => ({ flops: 8 * rows * columns, bytes: 8 * rows * columns }),
  }),
)

type KeepBindings = 'd' | 'product' | 'candidate_a' | 'candidate_b' | 'least' | 'a' | 'b'

interface KeepShape extends Omit<GridShape, 'bits'> {
  /** Lines that a group is of. */
  readonly lines: number
  /** Whether what is tried is kept whatever it is. */
  readonly first: boolean
}

const keepLeastOf = (sharing: Sharing): Kernel<KeepBindings, KeepShape> => ({
  label: `keep least${sharing.suffix}`,
  wgsl: wgsl([sharing.source, keepLeastSource], sharing.constants),
  bindings: {
    d: 'read',
    product: 'read',
    candidate_a: 'read',
    candidate_b: 'read',
    least: 'read_write',
    a: 'read_write',
    b: 'read_write',
  },
  params: { ...gridParams, lines: 'u32', first: 'u32' },
  passes: (shape, device) => [
    {
      groups: grid1d(shape.rows * shape.groups, sharing.items, device),
      params: { ...shape, first: Number(shape.first) },
    },
  ],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 8 * rows * columns }),
})

/** Keeps a candidate's grid for every (row, group) whose error it lowers, and the error; see the shader. */
export const keepLeast = bySharing(keepLeastOf)

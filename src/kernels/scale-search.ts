import magnitudesSource from '../../shaders/column_magnitudes.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import snapSource from '../../shaders/snap_scaled.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { byLines } from './lines'
import type { GridShape } from './quantize'

/** Rows that one partial sum covers: long enough that few are read back, short enough to be exact to 10⁻⁵ in float32. */
const SLICE = 1024

/** Partial sums that `columnMagnitudes` leaves of so many rows. */
export const magnitudeSlices = (rows: number): number => Math.ceil(rows / SLICE)

/** sums[s, j] = Σᵢ |x[i, j]| over slice s of the rows, [magnitudeSlices(rows), columns]. */
export const columnMagnitudes: Kernel<'x' | 'sums', { rows: number; columns: number }> = {
  label: 'column magnitudes',
  wgsl: wgsl([magnitudesSource]),
  bindings: { x: 'read', sums: 'read_write' },
  params: { rows: 'u32', columns: 'u32', slice: 'u32' },
  passes: (shape) => [
    { groups: [Math.ceil(shape.columns / 64), magnitudeSlices(shape.rows)], params: { ...shape, slice: SLICE } },
  ],
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 4 * rows * columns }),
}

/** Rounds weights whose columns were scaled by s [columns] to their grid and takes the scales back, in place. */
export const snapScaled = byLines(
  (lines, suffix): Kernel<'y' | 'a' | 'b' | 's', GridShape> => ({
    label: `snap scaled${suffix}`,
    wgsl: wgsl([grid, ...lines, snapSource]),
    bindings: { y: 'read_write', a: 'read', b: 'read', s: 'read' },
    params: { rows: 'u32', columns: 'u32', groupSize: 'u32', groups: 'u32', bits: 'u32' },
    passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, 256, device), params: { ...shape } }],
    cost: ({ rows, columns }) => ({ flops: 8 * rows * columns, bytes: 8 * rows * columns }),
  }),
)

import source from '../../shaders/add_positions.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

export interface AddPositionsShape {
  readonly rows: number
  readonly hidden: number
  /** Rows of a window, and the position of its first. */
  readonly length: number
  readonly start: number
}

/** y [rows, hidden] ← y + the table's rows [positions, hidden] of their positions: windows one after another. */
export const addPositions: Kernel<'table' | 'y', AddPositionsShape> = {
  label: 'add positions',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { table: 'read', y: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', length: 'u32', start: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.hidden, SIZE, device), params: { ...shape } }],
  cost: ({ rows, hidden }) => ({ flops: rows * hidden, bytes: 12 * rows * hidden }),
}

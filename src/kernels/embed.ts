import source from '../../shaders/embed.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

export interface EmbedShape {
  readonly tokens: number
  readonly hidden: number
  /** The table's rows are vocabulary rows [first, first + count). */
  readonly first: number
  readonly count: number
  /** 1 unless given. */
  readonly scale?: number
}

/** y [tokens, hidden] = scale · table[ids − first] for ids inside the table; the other rows of y are left as they are. */
export const embed: Kernel<'ids' | 'table' | 'y', EmbedShape> = {
  label: 'embed',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { ids: 'read', table: 'read', y: 'read_write' },
  params: { tokens: 'u32', hidden: 'u32', first: 'u32', count: 'u32', scale: 'f32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.tokens * shape.hidden, SIZE, device), params: { scale: 1, ...shape } },
  ],
  cost: ({ tokens, hidden }) => ({ flops: 0, bytes: 8 * tokens * hidden }),
}

import addShareSource from '../../shaders/add_share.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/route.wgsl?raw'
import routedRowsSource from '../../shaders/routed_rows.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

export interface RouteShape {
  readonly tokens: number
  readonly experts: number
  /** Experts that a token is sent to. */
  readonly picks: number
  /** Whether the shares of a token sum to one; else they are its experts' parts of a softmax over all. */
  readonly normalized: boolean
}

/** shares [tokens, experts] of the experts with the largest logits [tokens, experts], 0 of the others (Jiang et al. 2024). */
export const route: Kernel<'logits' | 'shares', RouteShape> = {
  label: 'route',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { logits: 'read', shares: 'read_write' },
  params: { tokens: 'u32', experts: 'u32', picks: 'u32', normalized: 'u32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.tokens, SIZE, device), params: { ...shape, normalized: Number(shape.normalized) } },
  ],
  cost: ({ tokens, experts, picks }) => ({
    flops: tokens * experts * (picks + 4),
    bytes: 4 * tokens * experts * (picks + 4),
  }),
}

export interface ExpertShape {
  readonly rows: number
  readonly columns: number
  readonly experts: number
  readonly expert: number
}

const byExpert = (label: string, text: string): Kernel<'x' | 'shares' | 'y', ExpertShape> => ({
  label,
  wgsl: wgsl([grid, text], { SIZE }),
  bindings: { x: 'read', shares: 'read', y: 'read_write' },
  params: { rows: 'u32', columns: 'u32', experts: 'u32', expert: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, SIZE, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 12 * rows * columns }),
})

/** y [rows, columns] = x where the row has a share of the expert, zeros elsewhere. */
export const routedRows = byExpert('routed rows', routedRowsSource)

/** y [rows, columns] ← y + x · share of the expert. */
export const addShare = byExpert('add share', addShareSource)

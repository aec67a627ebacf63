import energySource from '../../shaders/compensation_energy.wgsl?raw'
import errorSource from '../../shaders/compensation_error.wgsl?raw'
import gainsSource from '../../shaders/compensation_gains.wgsl?raw'
import gradientSource from '../../shaders/compensation_gradient.wgsl?raw'
import sharesSource from '../../shaders/compensation_shares.wgsl?raw'
import spreadSource from '../../shaders/compensation_spread.wgsl?raw'
import startSource from '../../shaders/compensation_start.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'

/** How much output error GPTQ will leave, columns' errors being pushed along the Cholesky factor; and its derivative. */

const SIZE = 64
const TILE = 16

export interface CompensationShape {
  readonly columns: number
  /** Candidate widths. */
  readonly choices: number
  /** Linears that share the factor. */
  readonly members: number
}

/** Energy of every column, rows weighted by what their error matters. */
export const compensationEnergy: Kernel<
  'w' | 'emphasis' | 'diagonal' | 'energy',
  { readonly rows: number; readonly columns: number }
> = {
  label: 'compensation energy',
  wgsl: wgsl([energySource], { TILE }),
  bindings: { w: 'read', emphasis: 'read', diagonal: 'read', energy: 'read_write' },
  params: { rows: 'u32', columns: 'u32' },
  passes: (shape) => [{ groups: [Math.ceil(shape.columns / TILE)], params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 3 * rows * columns, bytes: 4 * rows * columns }),
}

/** Shares of energy that rounding leaves, of one member; see the shader. */
export const compensationShares: Kernel<
  'table' | 'energy' | 'shares' | 'energies',
  Omit<CompensationShape, 'members'> & { readonly member: number }
> = {
  label: 'compensation shares',
  wgsl: wgsl([grid, sharesSource], { SIZE }),
  bindings: { table: 'read', energy: 'read', shares: 'read_write', energies: 'read_write' },
  params: { columns: 'u32', choices: 'u32', member: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.columns, SIZE, device), params: { ...shape } }],
  cost: ({ columns, choices }) => ({ flops: columns * choices, bytes: 8 * columns * (choices + 1) }),
}

/** Shares of an allocation p, and the first messages. */
export const compensationStart: Kernel<
  'pivots' | 'shares' | 'energies' | 'p' | 'parts' | 'messages',
  CompensationShape
> = {
  label: 'compensation start',
  wgsl: wgsl([grid, startSource], { SIZE }),
  bindings: {
    pivots: 'read',
    shares: 'read',
    energies: 'read',
    p: 'read',
    parts: 'read_write',
    messages: 'read_write',
  },
  params: { columns: 'u32', choices: 'u32', members: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.members * shape.columns, SIZE, device), params: { ...shape } }],
  cost: ({ columns, choices, members }) => ({
    flops: 2 * members * columns * (choices + 2),
    bytes: 4 * members * columns * (2 * choices + 5),
  }),
}

/** One round of messages, forward and backward, as far as rows [top, top + count) of U make them; see the shader. */
export const compensationSpread: Kernel<
  'u' | 'energies' | 'parts' | 'messages' | 'next' | 'results',
  Omit<CompensationShape, 'choices'> & { readonly top: number; readonly count: number }
> = {
  label: 'compensation spread',
  wgsl: wgsl([spreadSource], { TILE }),
  bindings: {
    u: 'read',
    energies: 'read',
    parts: 'read',
    messages: 'read',
    next: 'read_write',
    results: 'read_write',
  },
  params: { columns: 'u32', members: 'u32', first: 'u32', top: 'u32', count: 'u32' },
  passes: ({ columns, members, top, count }, device) => {
    // a column and the row of the same number make up one walk through `columns` elements; panels begin with a tile
    const pair = Math.floor(top / TILE)
    const flops = 1.5 * TILE * count * members
    return splitRows(2 * (Math.ceil(columns / TILE) - pair), 1, flops, device).map(({ row, rows }) => ({
      groups: [rows, 1, members],
      params: { columns, members, first: 2 * pair + row, top, count },
    }))
  },
  cost: ({ columns, members, count }) => ({ flops: 3 * members * columns * count, bytes: 4 * columns * count }),
}

/** J, and what of it the last round brought, into a slot of [slots, 2]. */
export const compensationError: Kernel<
  'messages' | 'before' | 'values',
  { readonly count: number; readonly slot: number }
> = {
  label: 'compensation error',
  wgsl: wgsl([reduce, errorSource], { RADIX: 16 }),
  bindings: { messages: 'read', before: 'read', values: 'read_write' },
  params: { count: 'u32', slot: 'u32' },
  passes: (shape) => [{ groups: [1], params: { ...shape } }],
  cost: ({ count }) => ({ flops: 3 * count, bytes: 8 * count }),
}

/** d [members, columns, choices] (+)= g[0]·dJ/dp. */
export const compensationGradient: Kernel<
  'shares' | 'results' | 'g' | 'd',
  CompensationShape & { readonly accumulate: boolean }
> = {
  label: 'compensation gradient',
  wgsl: wgsl([grid, gradientSource], { SIZE }),
  bindings: { shares: 'read', results: 'read', g: 'read', d: 'read_write' },
  params: { columns: 'u32', choices: 'u32', members: 'u32', accumulate: 'u32' },
  passes: (shape, device) => [
    {
      groups: grid1d(shape.members * shape.columns, SIZE, device),
      params: { ...shape, accumulate: Number(shape.accumulate) },
    },
  ],
  cost: ({ columns, choices, members }) => ({
    flops: 2 * members * columns * (choices + 1),
    bytes: 4 * members * columns * (2 * choices + 2),
  }),
}

/** Gains of one linear for the allocation loss: value and slope [choices, columns]; see the shader. */
export const compensationGains: Kernel<
  'pivots' | 'shares' | 'results' | 'value' | 'slope',
  Omit<CompensationShape, 'members'>
> = {
  label: 'compensation gains',
  wgsl: wgsl([grid, gainsSource], { SIZE }),
  bindings: { pivots: 'read', shares: 'read', results: 'read', value: 'read_write', slope: 'read_write' },
  params: { columns: 'u32', choices: 'u32' },
  passes: ({ columns, choices }, device) => [
    { groups: grid1d(columns * choices, SIZE, device), params: { columns, choices } },
  ],
  cost: ({ columns, choices }) => ({ flops: 5 * columns * choices, bytes: 12 * columns * choices }),
}

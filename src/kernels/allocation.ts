import gradientSource from '../../shaders/allocation_gradient.wgsl?raw'
import lossSource from '../../shaders/allocation_loss.wgsl?raw'
import allocation from '../../shaders/lib/allocation.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import mixtureSource from '../../shaders/mixture.wgsl?raw'
import gainsSource from '../../shaders/mixture_gains.wgsl?raw'
import { grid1d, type Kernel, type Pass, wgsl } from '../gpu/kernel'

/** The error that columns of a layer make when each takes one of several quantized forms, and its derivative. */

const SIZE = 64

export interface MixtureShape {
  readonly rows: number
  readonly columns: number
  readonly choices: number
}

/** d [rows, columns] = Σₖ p[j, k]·e[k, i, j]; p [columns, choices], e [choices, rows, columns]. */
export const mixture: Kernel<'p' | 'e' | 'd', MixtureShape> = {
  label: 'mixture',
  wgsl: wgsl([grid, mixtureSource], { SIZE }),
  bindings: { p: 'read', e: 'read', d: 'read_write' },
  params: { rows: 'u32', columns: 'u32', choices: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.columns, SIZE, device), params: { ...shape } }],
  cost: ({ rows, columns, choices }) => ({
    flops: 2 * rows * columns * choices,
    bytes: 4 * rows * columns * (choices + 1),
  }),
}

/** Rows of one partial sum: many slices fill a GPU, few are quick to add up. */
const slice = (rows: number): number => Math.max(256, Math.ceil(rows / 8))

/** Partial sums that `mixtureGains` leaves. */
export const gainSlices = (rows: number): number => Math.ceil(rows / slice(rows))

/** gains[s, k, j] = Σᵢ e[k, i, j]·g[i, j] over slice s of the rows, [gainSlices(rows), choices, columns]. */
export const mixtureGains: Kernel<'e' | 'g' | 'gains', MixtureShape> = {
  label: 'mixture gains',
  wgsl: wgsl([gainsSource]),
  bindings: { e: 'read', g: 'read', gains: 'read_write' },
  params: { rows: 'u32', columns: 'u32', choices: 'u32', slice: 'u32' },
  passes: (shape) => [
    {
      groups: [Math.ceil(shape.columns / 64), gainSlices(shape.rows), shape.choices],
      params: { ...shape, slice: slice(shape.rows) },
    },
  ],
  cost: ({ rows, columns, choices }) => ({
    flops: 2 * rows * columns * choices,
    bytes: 8 * rows * columns * choices,
  }),
}

interface AllocationShape {
  readonly columns: number
  readonly choices: number
  readonly slices: number
  /** 1/norm of the quantization error. */
  readonly scale: number
  readonly alpha: number
  /** Mean bits aimed at. */
  readonly goal: number
  /** τ, only passed on. */
  readonly temperature: number
  /** Adds to what the gradient holds; the loss overwrites. */
  readonly accumulate: boolean
}

/** Values of the loss tensor: L, L_quant, mean bits, those of the raw argmax, entropy in bits, τ. */
export const LOSS_VALUES = 6

const common = {
  params: {
    columns: 'u32', choices: 'u32', slices: 'u32', scale: 'f32', alpha: 'f32', goal: 'f32', temperature: 'f32',
    accumulate: 'u32',
  }, // biome-ignore format: one struct, one glance
  cost: ({ columns, choices, slices }: AllocationShape) => ({
    flops: columns * choices * (slices + 30),
    bytes: 4 * columns * choices * (slices + 2),
  }),
} as const

const params = (shape: AllocationShape): Pass['params'] => ({ ...shape, accumulate: Number(shape.accumulate) })

/** loss [LOSS_VALUES] of p; see the shader. */
export const allocationLoss: Kernel<'widths' | 'gains' | 'p' | 'logits' | 'loss', AllocationShape> = {
  ...common,
  label: 'allocation loss',
  wgsl: wgsl([reduce, allocation, lossSource], { RADIX: 16 }),
  bindings: { widths: 'read', gains: 'read', p: 'read', logits: 'read', loss: 'read_write' },
  passes: (shape) => [{ groups: [1], params: params(shape) }],
}

/** d (+)= g[0]·dL/dp. */
export const allocationGradient: Kernel<'widths' | 'gains' | 'loss' | 'g' | 'd', AllocationShape> = {
  ...common,
  label: 'allocation gradient',
  wgsl: wgsl([grid, allocation, gradientSource], { SIZE }),
  bindings: { widths: 'read', gains: 'read', loss: 'read', g: 'read', d: 'read_write' },
  passes: (shape, device) => [{ groups: grid1d(shape.columns * shape.choices, SIZE, device), params: params(shape) }],
}

import errorSource from '../../shaders/block_error.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import sumSource from '../../shaders/sum_into.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

export interface BlockErrorShape {
  readonly rows: number
  readonly columns: number
  /** Of the gradient: 2 over the tokens that the mean is taken of. */
  readonly scale: number
}

/** d = scale·(y − t) [rows, columns] and sums [rows] = Σⱼ (y − t)². */
export const blockError: Kernel<'y' | 't' | 'd' | 'sums', BlockErrorShape> = {
  label: 'block error',
  wgsl: wgsl([reduce, errorSource], { RADIX: 8 }),
  bindings: { y: 'read', t: 'read', d: 'read_write', sums: 'read_write' },
  params: { rows: 'u32', columns: 'u32', scale: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, 1, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 4 * rows * columns, bytes: 12 * rows * columns }),
}

export interface SumIntoShape {
  readonly count: number
  /** Element of `to`. */
  readonly at: number
  readonly scale: number
  /** Adds to what is there. */
  readonly accumulate: boolean
}

/** to[at] = scale·Σ x. */
export const sumInto: Kernel<'x' | 'to', SumIntoShape> = {
  label: 'sum into',
  wgsl: wgsl([reduce, sumSource], { RADIX: 16 }),
  bindings: { x: 'read', to: 'read_write' },
  params: { count: 'u32', at: 'u32', scale: 'f32', accumulate: 'u32' },
  passes: (shape) => [{ groups: [1], params: { ...shape, accumulate: Number(shape.accumulate) } }],
  cost: ({ count }) => ({ flops: count, bytes: 4 * count }),
}

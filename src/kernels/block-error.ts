import errorSource from '../../shaders/block_error.wgsl?raw'
import sumSource from '../../shaders/sum_into.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { bySharing, type Sharing } from './sharing'

export interface BlockErrorShape {
  readonly rows: number
  readonly columns: number
  /** Of the gradient: 2 over the tokens that the mean is taken of. */
  readonly scale: number
}

const blockErrorOf = (sharing: Sharing): Kernel<'y' | 't' | 'd' | 'sums', BlockErrorShape> => ({
  label: `block error${sharing.suffix}`,
  wgsl: wgsl([sharing.source, errorSource], sharing.constants),
  bindings: { y: 'read', t: 'read', d: 'read_write', sums: 'read_write' },
  params: { rows: 'u32', columns: 'u32', scale: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, sharing.items, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 4 * rows * columns, bytes: 12 * rows * columns }),
})

/** d = scale·(y − t) [rows, columns] and sums [rows] = Σⱼ (y − t)². */
export const blockError = bySharing(blockErrorOf)

export interface SumIntoShape {
  readonly count: number
  /** Element of `to`. */
  readonly at: number
  readonly scale: number
  /** Adds to what is there. */
  readonly accumulate: boolean
}

const sumIntoOf = (sharing: Sharing): Kernel<'x' | 'to', SumIntoShape> => ({
  label: `sum into${sharing.suffix}`,
  wgsl: wgsl([sharing.source, sumSource], sharing.constants),
  bindings: { x: 'read', to: 'read_write' },
  params: { count: 'u32', at: 'u32', scale: 'f32', accumulate: 'u32' },
  passes: (shape) => [{ groups: [1], params: { ...shape, accumulate: Number(shape.accumulate) } }],
  cost: ({ count }) => ({ flops: count, bytes: 4 * count }),
})

/** to[at] = scale·Σ x. */
export const sumInto = bySharing(sumIntoOf, { radix: 16 })

import reduce from '../../shaders/lib/reduce.wgsl?raw'
import source from '../../shaders/nll.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

/** As a target: this row is not scored. */
export const NO_TARGET = 0xffffffff

export interface NllShape {
  readonly rows: number
  readonly vocab: number
  /** Where the rows' targets and results begin. */
  readonly row: number
}

/** y[row + i] = −log softmax(logits[i])[targets[row + i]] in nats, 0 where the target is NO_TARGET. */
export const nll: Kernel<'logits' | 'targets' | 'y', NllShape> = {
  label: 'nll',
  wgsl: wgsl([reduce, source], { RADIX: 16 }),
  bindings: { logits: 'read', targets: 'read', y: 'read_write' },
  params: { rows: 'u32', vocab: 'u32', row: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, 1, device), params: { ...shape } }],
  cost: ({ rows, vocab }) => ({ flops: 4 * rows * vocab, bytes: 4 * rows * vocab }),
}

import reduce from '../../shaders/lib/reduce.wgsl?raw'
import source from '../../shaders/nll_backward.wgsl?raw'
import { type Kernel, splitRows, wgsl } from '../gpu/kernel'
import type { NllShape } from './nll'

/** Two exponentials a logit, each worth about ten simple operations. */
const flopsPerRow = ({ vocab }: NllShape) => 28 * vocab

/**
 * y[row + i] = −log softmax(logits[i])[targets[row + i]] in nats as `nll` gives it, and its gradient written over
 * logits [rows, vocab]; both are 0 where the target is NO_TARGET.
 */
export const nllBackward: Kernel<'logits' | 'targets' | 'y', NllShape & { readonly softcap?: number | null }> = {
  label: 'nll backward',
  wgsl: wgsl([reduce, source], { RADIX: 16 }),
  bindings: { logits: 'read_write', targets: 'read', y: 'read_write' },
  params: { first: 'u32', end: 'u32', vocab: 'u32', row: 'u32', softcap: 'f32' },
  passes: (shape, device) =>
    splitRows(shape.rows, 1, flopsPerRow(shape), device).map(({ row: first, rows }) => ({
      groups: [rows],
      params: { ...shape, softcap: shape.softcap ?? 0, first, end: first + rows },
    })),
  cost: (shape) => ({ flops: shape.rows * flopsPerRow(shape), bytes: 12 * shape.rows * shape.vocab }),
}

import type { Parts } from '../kernels/take-parts'
import type { ModelSpec } from './spec'

/** Where queries, keys and values lie among the outputs of the one linear that gives all of them. */
export function headParts({ heads, kvHeads, headDim, fusedHeads }: ModelSpec): Record<'q' | 'k' | 'v', Parts> {
  const after = (count: number, before: number): Parts => {
    const width = count * headDim
    return { pieces: 1, width, stride: width, first: before * headDim }
  }
  const within = (place: number): Parts => ({
    ...{ pieces: heads, width: headDim, stride: 3 * headDim, first: place * headDim },
  })
  return fusedHeads === 'within'
    ? { q: within(0), k: within(1), v: within(2) }
    : { q: after(heads, 0), k: after(kvHeads, heads), v: after(kvHeads, heads + kvHeads) }
}

/** Where gate and up lie among the outputs of the one linear that gives both. */
export const gateParts = ({ ffn }: ModelSpec): Record<'gate' | 'up', Parts> => {
  const part = (first: number): Parts => ({ pieces: 1, width: ffn, stride: ffn, first })
  return { gate: part(0), up: part(ffn) }
}

/** Rows of a fused linear by the columns that its part has, in their order. */
export const rowsOf = ({ pieces, width, stride, first }: Parts): number[] =>
  Array.from({ length: pieces * width }, (_, i) => first + Math.floor(i / width) * stride + (i % width))

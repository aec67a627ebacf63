import type { Cost } from '../gpu/kernel'

export interface AttentionShape {
  readonly windows: number
  /** Queries a window. */
  readonly tq: number
  /** Keys a window, at least as many: query t sees keys 0 … t + (tk − tq). */
  readonly tk: number
  /** Rows from one window's keys to the next in k and v, at least tk: a cache may hold room for more. */
  readonly capacity: number
  readonly heads: number
  readonly kvHeads: number
}

/** Operations for one query and one key. */
export const flopsPerPair = (headDim: number): number => 4 * headDim + 8

/** Keys that a query sees on average. */
export const seenKeys = ({ tq, tk }: AttentionShape): number => tk - (tq - 1) / 2

export const attentionCost =
  (headDim: number) =>
  (shape: AttentionShape): Cost => ({
    flops: shape.windows * shape.heads * shape.tq * seenKeys(shape) * flopsPerPair(headDim),
    bytes: 8 * shape.windows * headDim * (shape.heads * shape.tq + shape.kvHeads * shape.tk),
  })

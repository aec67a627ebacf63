import type { Cost } from '../gpu/kernel'

/** What some architectures change about the scores. */
export interface Scores {
  /** What products of queries and keys are multiplied by; 1 / √headDim unless given. */
  readonly scale?: number | undefined
  /** Scores s become cap · tanh(s / cap) where given. */
  readonly softcap?: number | null | undefined
  /** Keys that a query sees at most, its own the last; all before it where none is given. */
  readonly window?: number | null | undefined
}

export interface AttentionShape extends Scores {
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

/** Which of them a kernel is compiled for: a plain one pays for none. */
export type ScoreKind = '' | ' capped' | ' windowed' | ' capped windowed'

export const scoreKind = ({ softcap, window }: Scores): ScoreKind =>
  `${softcap ? ' capped' : ''}${window ? ' windowed' : ''}` as ScoreKind

export const scoreConstants = (kind: ScoreKind) => ({
  CAPPED: kind.includes('capped'),
  WINDOWED: kind.includes('windowed'),
})

export const scoreParams = { scale: 'f32', softcap: 'f32', window: 'u32' } as const

export const scoreValues = ({ scale, softcap, window }: Scores, headDim: number) => ({
  scale: scale ?? 1 / Math.sqrt(headDim),
  softcap: softcap ?? 0,
  window: window ?? 0,
})

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

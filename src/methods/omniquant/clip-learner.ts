import type { Tensor } from '../../gpu/tensor'
import type { GridTensors } from '../affine'
import type { BlockLines } from '../block-grid'
import type { Learner } from '../reconstruction/learner'

/** A grid without codes on it. */
export type RangedGrid = Omit<GridTensors, 'codes'>

/** The grid of a linear without codes on it: steps float16, zeros integers in [0, 2^bits − 1]; or lines of a GGUF type. */
export type LearnedGrid = RangedGrid | BlockLines

/** How far the ranges of one linear are clipped, while that is learned. */
export interface ClipLearner extends Learner {
  /** Logits of what is kept of the ends of every group. */
  readonly clips: Tensor
  /** The grid of the clips as they are now; the caller's to free. */
  result(): Promise<LearnedGrid>
  free(): void
}

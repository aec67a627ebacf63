import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import type { LinearSpec } from '../../models/spec'

/** How the weights of one linear are learned: what stands in for them, and how a gradient changes that. */
export interface Learner {
  readonly spec: LinearSpec
  /** Records the weights as they are now into `weights` [out, in]. */
  soften(rec: Recorder, weights: Tensor): void
  /**
   * Records one optimiser step against dLoss/dweights [out, in], and the weights that come of it into `weights`; `step`
   * counts from 1 since the optimiser's moments were last cleared.
   */
  learn(rec: Recorder, gradient: Tensor, step: number, weights: Tensor): void
}

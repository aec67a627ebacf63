import type { ModelSpec } from '../../models/spec'
import { reconstructionWork } from '../reconstruction/work'
import type { CalibrationSize, Work } from '../work'
import type { TesseraqOptions } from './options'
import { clipEpochs } from './start'

/** The steps of all rounds, after those of OmniQuant where it learns what to start from. */
export function tesseraqWork(options: TesseraqOptions, model: ModelSpec, { samples, length }: CalibrationSize): Work {
  const { rounds, iterations, allocation, init, bits } = options
  const learning = reconstructionWork(model, rounds * iterations, { batch: Math.min(options.batch, samples), length })
  if (allocation !== 'uniform' || init !== 'omniquant') return learning
  const clips = reconstructionWork(model, clipEpochs(bits) * samples, { batch: 1, length })
  return {
    steps: learning.steps + clips.steps,
    flops: learning.flops + clips.flops,
    dispatches: learning.dispatches + clips.dispatches,
  }
}

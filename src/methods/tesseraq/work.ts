import type { ModelSpec } from '../../models/spec'
import { clipSearchWork, scaleSearchWork } from '../awq/work'
import { reconstructionWork } from '../reconstruction/work'
import type { CalibrationSize, Work } from '../work'
import type { TesseraqOptions } from './options'
import { clipEpochs } from './start'

/** The steps of all rounds, and what it takes to find the grids that they start from. */
export function tesseraqWork(options: TesseraqOptions, model: ModelSpec, calibration: CalibrationSize): Work {
  const { rounds, iterations, batch, allocation, init, scaling, bits, groupSize } = options
  const { samples, length } = calibration
  const uniform = allocation === 'uniform'
  const parts: Partial<Work>[] = [
    reconstructionWork(model, rounds * iterations, { batch: Math.min(batch, samples), length }),
    ...((uniform ? init === 'awq' : scaling) ? [scaleSearchWork(model, calibration)] : []),
    ...(uniform && (init === 'awq' || init === 'clip') ? [clipSearchWork(model, groupSize)] : []),
    ...(uniform && init === 'omniquant'
      ? [reconstructionWork(model, clipEpochs(bits) * samples, { batch: 1, length })]
      : []),
  ]
  const total = (key: keyof Work) => parts.reduce((sum, part) => sum + (part[key] ?? 0), 0)
  return { steps: total('steps'), flops: total('flops'), dispatches: total('dispatches') }
}

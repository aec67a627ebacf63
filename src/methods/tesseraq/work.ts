import type { ModelSpec } from '../../models/spec'
import { clipSearchWork, scaleSearchWork } from '../awq/work'
import { reconstructionWork } from '../reconstruction/work'
import { type CalibrationSize, sumWork, type Work } from '../work'
import { gridChoice, type TesseraqOptions } from './options'
import { clipEpochs } from './start'

/** The steps of all rounds, and what it takes to find the grids that they start from. */
export function tesseraqWork(options: TesseraqOptions, model: ModelSpec, calibration: CalibrationSize): Work {
  const { rounds, iterations, batch, allocation, init, scaling } = options
  const { samples, length } = calibration
  const uniform = allocation === 'uniform'
  return sumWork([
    reconstructionWork(model, rounds * iterations, { batch: Math.min(batch, samples), length }),
    ...((uniform ? init === 'awq' : scaling) ? [scaleSearchWork(model, calibration, gridChoice(options))] : []),
    ...(uniform && (init === 'awq' || init === 'clip') ? [clipSearchWork(model, gridChoice(options))] : []),
    ...(uniform && init === 'omniquant'
      ? [reconstructionWork(model, clipEpochs(options) * samples, { batch: 1, length })]
      : []),
  ])
}

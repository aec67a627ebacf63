import type { Gpu } from '../gpu/device'
import type { ModelContext } from '../methods/method'
import { CheckpointWeights } from '../models/weights'
import { type GradientOptions, outputGradients } from './gradients'
import type { OpenedModel } from './opened'
import type { Windows } from './windows'

/** Windows that are differentiated at most: squared gradients are means over all their tokens. */
export const MOST_WINDOWS = 64

/** How much the outputs of every linear matter for the original model's loss on the calibration text. */
export const sensitivitiesOf =
  (
    gpu: Gpu,
    model: OpenedModel,
    windows: Windows,
    options: Pick<GradientOptions, 'signal' | 'onProgress'>,
  ): ModelContext['sensitivities'] =>
  async () => {
    const count = Math.min(MOST_WINDOWS, windows.count)
    const some = { ...windows, count, ids: windows.ids.subarray(0, count * windows.length) }
    const weights = new CheckpointWeights(gpu, model.source)
    const { linears } = await outputGradients(gpu, model.spec, weights, some, options)
    return new Map([...linears].map(([name, { rows }]) => [name, rows]))
  }

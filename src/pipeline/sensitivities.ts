import type { Gpu } from '../gpu/device'
import type { ModelContext } from '../methods/method'
import { CheckpointWeights } from '../models/weights'
import { type GradientOptions, outputGradients } from './gradients'
import type { OpenedModel } from './opened'
import type { Windows } from './windows'

/** Tokens that are differentiated at most: squared gradients are means over all of them. */
const MOST_TOKENS = 32768

/** Windows of so many tokens that are differentiated, of `count`. */
export const differentiated = ({ count, length }: Pick<Windows, 'count' | 'length'>): number =>
  Math.min(count, Math.max(1, Math.floor(MOST_TOKENS / length)))

/** How much the outputs of every linear matter for the original model's loss on the calibration text. */
export const sensitivitiesOf =
  (
    gpu: Gpu,
    model: OpenedModel,
    windows: Windows,
    options: Pick<GradientOptions, 'signal' | 'onProgress'>,
  ): ModelContext['sensitivities'] =>
  async () => {
    const count = differentiated(windows)
    const some = { ...windows, count, ids: windows.ids.subarray(0, count * windows.length) }
    const weights = new CheckpointWeights(gpu, model.source)
    const { linears } = await outputGradients(gpu, model.spec, weights, some, options)
    return new Map([...linears].map(([name, { rows }]) => [name, rows]))
  }

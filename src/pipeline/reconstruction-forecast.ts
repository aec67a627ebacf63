import type { GpuInfo } from '../gpu/device'
import type { Moment, ReconstructionMemory, Shape } from '../methods/memory'
import { partWindows } from '../methods/reconstruction/reconstruction'
import type { CalibrationSize } from '../methods/work'
import type { LinearSpec, ModelSpec } from '../models/spec'
import { backwardShapes } from './gradients-forecast'

/** Tensors of a linear in every gradient step, beside its weights and what the method holds: Ŵ and dLoss/dŴ. */
const softShapes = ({ out, in: columns }: LinearSpec): Shape[] => [
  [out, columns],
  [out, columns],
]

/** What gradient steps on a block hold at their fullest moments, beside the block, both streams and Hessians. */
export function reconstructionMoments(
  spec: ModelSpec,
  gpu: GpuInfo,
  { perWeight, batch }: ReconstructionMemory,
  { samples, length }: CalibrationSize,
): Moment[] {
  const tokens = length * Math.min(batch, samples, partWindows({ info: gpu }, spec, length))
  const states = [tokens, spec.hidden]
  const weights = spec.linears.flatMap((linear) => [...softShapes(linear), ...perWeight(linear)])
  // inputs and the gradient to the outputs; the targets have gone when the way back begins
  return backwardShapes(spec, tokens, false).map((shapes) => ({ weights, activations: [states, states, ...shapes] }))
}

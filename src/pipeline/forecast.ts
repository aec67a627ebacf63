import type { GpuInfo } from '../gpu/device'
import type { ModelSpec } from '../models/spec'
import { batchWindows } from './batching'
import type { MemoryForecast, Recipe } from './records'

const F32 = 4

/**
 * GPU bytes that quantizing by this recipe takes at its peak: what src/pipeline/quantize.ts holds at once, added up. */
export function forecastQuantize(
  spec: ModelSpec,
  recipe: Recipe,
  needsCalibration: boolean,
  gpu: GpuInfo,
): MemoryForecast {
  const { hidden, ffn, vocab, linears } = spec
  const attention = spec.heads * spec.headDim
  const largest = Math.max(...linears.map((linear) => linear.out * linear.in))
  const block = linears.reduce((sum, linear) => sum + linear.out * linear.in, 0)
  const weights = F32 * (vocab * hidden * (spec.tiedHead ? 1 : 2) + block + largest)

  const stageInputs = [...new Map(linears.map((linear) => [linear.stage, linear.in])).values()]
  const held =
    recipe.options.sequence === 'true' ? Math.max(...stageInputs) ** 2 : stageInputs.reduce((sum, n) => sum + n * n, 0)
  // H of every stage at once, and three more of the largest while it is factored
  const hessians = needsCalibration ? F32 * (held + 3 * Math.max(...stageInputs) ** 2) : 0

  const { samples, length } = recipe.calibration
  const batchTokens = length * Math.min(samples, batchWindows(gpu, spec, length))
  const streams = needsCalibration ? 2 * samples * length * hidden : 0
  const batch = needsCalibration ? batchTokens * (3 * hidden + 2 * Math.max(ffn, attention)) : 0
  // working copy, codes, errors, difference and its product with H
  const working = 4 * largest
  const activations = F32 * (streams + Math.max(batch, working))

  return {
    weights,
    hessians,
    activations,
    peak: weights + hessians + activations,
    largestBinding: F32 * Math.max(largest, needsCalibration ? Math.max(...stageInputs) ** 2 : 0),
    bindingLimit: gpu.maxBindingBytes,
  }
}

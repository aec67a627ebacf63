import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { bias } from '../kernels/bias'
import { recordNorm } from '../kernels/norm'
import { type Operand, outputsOf, project } from '../kernels/project'
import { type Parts, takeParts } from '../kernels/take-parts'
import type { ModelSpec } from './spec'
import type { BlockParameters, LinearWeights } from './weights'

/** The norm of x [tokens, …] by a parameter of a block, as a new tensor. */
export function norm(
  gpu: Gpu,
  rec: Recorder,
  spec: ModelSpec,
  x: Tensor,
  weights: BlockParameters,
  key: 'attnNorm' | 'mlpNorm' | 'attnOutNorm' | 'mlpOutNorm' | 'qNorm' | 'kNorm',
): Tensor {
  const y = gpu.alloc(x.shape, 'f32', 'norm')
  const b = key === 'attnNorm' || key === 'mlpNorm' ? weights[`${key}Bias`] : undefined
  recordNorm(rec, spec.norm, { x, w: weights[key]!, b, y })
  return y
}

/** x Wᵀ + b as a new tensor [tokens, out], or `into` another from row `row` on, or added `onto` one. */
export function linear(
  gpu: Gpu,
  rec: Recorder,
  { weight, bias: b }: LinearWeights<Operand>,
  x: Tensor,
  target: { into?: Tensor; onto?: Tensor; row?: number } = {},
): Tensor {
  const [rows = 0] = x.shape
  const out = outputsOf(weight)
  const row = target.row ?? 0
  const y = target.into ?? target.onto ?? gpu.alloc([rows, out], 'f32', 'linear')
  project(gpu, rec, { x, weight, y, row, accumulate: target.onto !== undefined })
  if (b) rec.run(bias, { y, b }, { row, rows, columns: out })
  return y
}

/** Some columns of x [tokens, columns] as a new tensor. */
export function taken(gpu: Gpu, rec: Recorder, x: Tensor, parts: Parts): Tensor {
  const [rows = 0, columns = 0] = x.shape
  const y = gpu.alloc([rows, parts.pieces * parts.width], 'f32', 'part of a linear')
  rec.run(takeParts, { x, y }, { rows, columns, ...parts })
  return y
}

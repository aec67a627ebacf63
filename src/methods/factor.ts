import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { type Later, later } from '../later'
import { attemptInverseFactor, inverseFactor } from '../linalg/factor'
import type { Hessian } from '../linalg/hessian'

/** The factor of a damped inverse Hessian, (H + λI)⁻¹ = UᵀU, and what rounding along it needs to know. */
export interface Factor {
  /** U [n, n] in quantization order. */
  readonly upper: Tensor
  /** u32 [n]: original column at each place. */
  readonly order: Tensor
  /** f32 [n]: diag H, original order; 0 marks a dead column. */
  readonly diagonal: Tensor
  /** The same on the host. */
  readonly inputs: Float32Array<ArrayBuffer>
  /** λ / mean diag H that was needed. */
  readonly damping: number
  readonly dead: number
  readonly warnings: readonly string[]
}

/** The order in which columns are rounded, from diag H; original when missing. */
export type OrderOf = (diagonal: Float32Array) => Uint32Array<ArrayBuffer>

export const byFallingDiagonal: OrderOf = (diagonal) =>
  Uint32Array.from(diagonal, (_, i) => i).sort((a, b) => diagonal[b]! - diagonal[a]! || a - b)

/** NumericalError when no damping makes H positive definite. Free with `freeFactor`. */
export async function factorize(gpu: Gpu, hessian: Hessian, damping: number, orderOf?: OrderOf): Promise<Factor> {
  const { order, mean, inputs } = await ordered(gpu, hessian, orderOf)
  const { upper, damping: needed } = await inverseFactor(gpu, hessian.matrix, order, mean, damping)
  return describeFactor(gpu, hessian, { upper, order, inputs, needed, damping })
}

/** A factor whose damping may turn out not to have sufficed: `factorize` then. Free with `freeFactor` in either case. */
export async function attemptFactor(
  gpu: Gpu,
  hessian: Hessian,
  damping: number,
  orderOf?: OrderOf,
): Promise<{ readonly factor: Factor; readonly holds: Later<boolean> }> {
  const { order, mean, inputs } = await ordered(gpu, hessian, orderOf)
  const { upper, failed } = await attemptInverseFactor(gpu, hessian.matrix, order, damping * mean)
  return {
    factor: describeFactor(gpu, hessian, { upper, order, inputs, needed: damping, damping }),
    holds: later(failed.value.then((column) => column === 0)),
  }
}

async function ordered(gpu: Gpu, hessian: Hessian, orderOf: OrderOf = (d) => Uint32Array.from(d, (_, i) => i)) {
  const inputs = await hessian.diagonal(gpu)
  const mean = inputs.reduce((sum, value) => sum + (value === 0 ? 1 : value), 0) / inputs.length
  return { inputs, mean, order: gpu.upload(orderOf(inputs)) }
}

interface Found extends Pick<Factor, 'upper' | 'order' | 'inputs' | 'damping'> {
  readonly needed: number
}

function describeFactor(gpu: Gpu, { tokens }: Hessian, { upper, order, inputs, needed, damping }: Found): Factor {
  const n = inputs.length
  const dead = inputs.reduce((count, value) => count + Number(value === 0), 0)
  const warnings = [
    ...(needed > damping ? [`damping raised from ${damping} to ${needed}: the Hessian is ill-conditioned`] : []),
    ...(dead > 0 ? [`${dead} dead input columns set to zero`] : []),
    ...(tokens < n ? [`only ${tokens} calibration tokens for ${n} columns`] : []),
  ]
  return { upper, order, diagonal: gpu.upload(inputs), inputs, damping: needed, dead, warnings }
}

export const freeFactor = (gpu: Gpu, { upper, order, diagonal }: Factor): void => gpu.free(upper, order, diagonal)

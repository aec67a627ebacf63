import { counted } from '../counted'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { type Later, later } from '../later'
import { inverseFactor, recordInverseFactor } from '../linalg/factor'
import type { Hessian } from '../linalg/hessian'
import { type Panels, tensorsOf } from '../linalg/panels'

/** The factor of a damped inverse Hessian, (H + λI)⁻¹ = UᵀU, and what rounding along it needs to know. */
export interface Factor {
  /** U [n, n] in quantization order. */
  readonly upper: Panels
  /** u32 [n]: original column at each place. */
  readonly order: Tensor
  /** The same on the host. */
  readonly columns: Uint32Array<ArrayBuffer>
  /** f32 [n]: diag H, original order; 0 marks a dead column. */
  readonly diagonal: Tensor
  /** The same on the host. */
  readonly inputs: Float32Array<ArrayBuffer>
  /** [n]: U_jj, original order. */
  readonly pivots: Float32Array<ArrayBuffer>
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
  const inputs = await hessian.diagonal()
  const columns = orderOf?.(inputs) ?? countingUp(inputs.length)
  const order = gpu.upload(columns)
  const { upper, pivots, damping: needed } = await inverseFactor(gpu, hessian.panels, order, damping)
  return {
    upper,
    order,
    columns,
    diagonal: gpu.upload(inputs),
    inputs,
    pivots: inOriginal(pivots, columns),
    ...describe(inputs, hessian, { needed, damping }),
  }
}

/** A factor whose damping may turn out not to have sufficed. */
export interface Attempt {
  /** Free with `freeFactor` in either case. */
  readonly factor: Pick<Factor, 'upper' | 'order' | 'columns' | 'diagonal'>
  /** What is to say of it; null where the damping did not suffice: `factorize` then. */
  readonly described: Later<Described | null>
}

/** A factor without a wait: not for H, unless the order asks for its diagonal, and not for success. */
export async function attemptFactor(gpu: Gpu, hessian: Hessian, damping: number, orderOf?: OrderOf): Promise<Attempt> {
  const sent = hessian.sendForDiagonal()
  const columns = orderOf ? orderOf(await sent.value) : countingUp(hessian.columns)
  const order = gpu.upload(columns)
  const rec = gpu.record()
  const { upper, pivots, failed } = recordInverseFactor(gpu, rec, hessian.panels, order, damping)
  const diagonal = gpu.alloc([hessian.columns], 'f32', 'diagonal')
  hessian.recordDiagonal(rec, diagonal)
  await gpu.submit(rec)
  const told = Promise.all([gpu.readU32(failed), gpu.readF32(pivots), sent.value])
  gpu.free(failed, pivots)
  const described = told.then(([[column], pivots, inputs]) =>
    column === 0
      ? { pivots: inOriginal(pivots, columns), ...describe(inputs, hessian, { needed: damping, damping }) }
      : null,
  )
  return { factor: { upper, order, columns, diagonal }, described: later(described) }
}

const countingUp = (n: number) => Uint32Array.from({ length: n }, (_, i) => i)

/** Numbers of the columns at each place, by column. */
function inOriginal(values: Float32Array, columns: Uint32Array): Float32Array<ArrayBuffer> {
  const original = new Float32Array(values.length)
  columns.forEach((column, place) => {
    original[column] = values[place]!
  })
  return original
}

type Described = Pick<Factor, 'pivots' | 'damping' | 'dead' | 'warnings'>

function describe(
  inputs: Float32Array,
  { tokens }: Hessian,
  { needed, damping }: { needed: number; damping: number },
): Omit<Described, 'pivots'> {
  const n = inputs.length
  const dead = inputs.reduce((count, value) => count + Number(value === 0), 0)
  const warnings = [
    ...(needed > damping ? [`damping raised from ${damping} to ${needed}: the Hessian is ill-conditioned`] : []),
    ...(dead > 0 ? [`${dead} dead input columns set to zero`] : []),
    ...(tokens < n ? [`only ${counted(tokens, 'calibration token')} for ${n} columns`] : []),
  ]
  return { damping: needed, dead, warnings }
}

export const freeFactor = (gpu: Gpu, { upper, order, diagonal }: Pick<Factor, 'upper' | 'order' | 'diagonal'>): void =>
  gpu.free(...tensorsOf(upper), order, diagonal)

import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { add } from './add'
import { affineMatmul } from './affine-matmul'
import { freeLinear, type PackedTensors } from './dequantize'
import { matmul } from './gemm'
import { signMatmul } from './sign-matmul'

/** The matrix [out, in] of a linear: float32, or codes as they are stored. */
export type Operand = Tensor | PackedTensors

const isPacked = (weight: Operand): weight is PackedTensors => 'kind' in weight

export const outputsOf = (weight: Operand): number => (isPacked(weight) ? weight.out : weight.shape[0]!)

export const freeOperand = (gpu: Gpu, weight: Operand): void =>
  isPacked(weight) ? freeLinear(gpu, weight) : gpu.free(weight)

export interface ProjectOptions {
  /** f32 [tokens, in] */
  readonly x: Tensor
  readonly weight: Operand
  /** f32 [rows, out] of which rows [row, row + tokens) are written, or added to where `accumulate`. */
  readonly y: Tensor
  readonly row?: number
  readonly accumulate?: boolean
}

/** Records y ← x · Wᵀ, from stored codes where there are some: those are multiplied as they are, never as floats in memory. */
export function project(gpu: Gpu, rec: Recorder, { x, weight, y, row = 0, accumulate = false }: ProjectOptions): void {
  const [tokens = 0, inputs = 0] = x.shape
  const [rows = 0] = y.shape
  const out = outputsOf(weight)
  if (!isPacked(weight)) {
    const place = { m: tokens, n: out, k: inputs, cOffset: row * out }
    matmul(rec, { a: x, b: weight, c: y, ...place, transB: true, accumulate })
    return
  }
  const whole = rows === tokens && !accumulate
  const product = whole ? y : gpu.alloc([tokens, out], 'f32', 'linear')
  if (weight.kind === 'sign') signMatmul(rec, { x, packed: weight, y: product })
  else affineMatmul(gpu, rec, { x, packed: weight, y: product })
  if (whole) return
  if (accumulate) rec.run(add, { y, x: product }, { count: tokens * out })
  else rec.copy(product, { ...y, offset: y.offset + 4 * row * out, shape: [tokens, out] })
  gpu.free(product)
}

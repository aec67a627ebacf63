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
  const out = outputsOf(weight)
  if (!isPacked(weight)) {
    const place = { m: tokens, n: out, k: inputs, cOffset: row * out }
    matmul(rec, { a: x, b: weight, c: y, ...place, transB: true, accumulate })
    return
  }
  const product = accumulate ? gpu.alloc([tokens, out], 'f32', 'linear') : y
  const place = { x, y: product, row: accumulate ? 0 : row }
  if (weight.kind === 'sign') signMatmul(rec, { packed: weight, ...place })
  else affineMatmul(gpu, rec, { packed: weight, ...place })
  if (!accumulate) return
  rec.run(add, { y, x: product }, { count: tokens * out })
  gpu.free(product)
}

import { invariant } from '../errors'
import type { QuantizedLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { dequantizeAffineInto, freeAffine, type PackedAffine, uploadAffine } from './dequantize-affine'
import { dequantizeSignInto } from './dequantize-sign'
import type { PackedSign } from './sign-panel'
import { freeSign, uploadSign } from './upload-sign'

/** A packed linear in GPU memory, in panels of rows that fit the device's bindings. */
export type PackedTensors = PackedAffine | PackedSign

/**
 * Copies a linear to the GPU at once (see `Gpu.upload`). `maxBytes` bounds one binding; rows are split where a matrix
 * is larger. GpuLimitError when not even the fewest rows fit.
 */
export const uploadLinear = (gpu: Gpu, linear: QuantizedLinear, maxBytes = gpu.info.maxBindingBytes): PackedTensors =>
  linear.kind === 'sign' ? uploadSign(gpu, linear, maxBytes) : uploadAffine(gpu, linear, maxBytes)

/** Gives the memory of an uploaded linear back. */
export const freeLinear = (gpu: Gpu, packed: PackedTensors): void =>
  packed.kind === 'sign' ? freeSign(gpu, packed) : freeAffine(gpu, packed)

/**
 * Writes rows [start, start + n) of the linear to `weights` (f32 [n, in], original column order); all of them when
 * `weights` has as many. Equal to `dequantize` of src/formats/dequantize.ts to the bit.
 */
export function dequantizeInto(rec: Recorder, packed: PackedTensors, weights: Tensor, start = 0): void {
  const [count = 0, columns] = weights.shape
  const fits = columns === packed.in && start + count <= packed.out
  invariant(
    fits,
    () => `weights [${weights.shape}] from row ${start} of '${packed.name}' [${packed.out}, ${packed.in}]`,
  )
  if (packed.kind === 'sign') dequantizeSignInto(rec, packed, weights, start)
  else dequantizeAffineInto(rec, packed, weights, start)
}

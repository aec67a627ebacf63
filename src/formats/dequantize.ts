import { dequantize as dequantizeAffine } from './affine'
import type { QuantizedLinear } from './quantized'
import { dequantizeSign } from './sign'

/** The weights that the stored bytes of a linear stand for, [out, in] in the original column order. */
export const dequantize = (linear: QuantizedLinear): Float32Array<ArrayBuffer> =>
  linear.kind === 'sign' ? dequantizeSign(linear) : dequantizeAffine(linear)

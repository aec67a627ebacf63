import { decodeFloat16, encodeFloat16, toFloat32 } from '../src/formats/floats'
import type { WrittenTensor } from './gguf'

/** A float tensor of rows of whole blocks as Q8_0, rounded to nearest as ggml's reference does; others as they are. */
export function packQ8(tensor: WrittenTensor): WrittenTensor {
  const { shape, type, data } = tensor
  if (shape.length < 2 || shape.at(-1)! % 32 !== 0) return tensor
  const values = toFloat32(data, type as 'F16' | 'F32')
  const packed = new Uint8Array((values.length / 32) * 34)
  for (let block = 0; block < values.length / 32; block++) {
    const part = values.subarray(32 * block, 32 * block + 32)
    const half = encodeFloat16(Float32Array.of(Math.max(...part.map(Math.abs)) / 127))
    const scale = decodeFloat16(half)[0]!
    packed.set(new Uint8Array(half.buffer), 34 * block)
    part.forEach((value, i) => {
      packed[34 * block + 2 + i] = scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / scale)))
    })
  }
  return { ...tensor, type: 'Q8_0', data: packed }
}

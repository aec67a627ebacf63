import { decodeFloat16, encodeFloat16, toFloat32 } from '../src/formats/floats'
import { dequantizeBlocks } from '../src/formats/gguf/dequantize'
import { type GgmlTypeName, ggmlTypes } from '../src/formats/gguf/types'
import { randomFrom } from '../src/random'
import type { WrittenTensor } from './gguf'

/** Puts the bits of a float16 into a block, where its type has its only one. */
function putScale(type: GgmlTypeName, block: Uint8Array, half: number): void {
  const at = { TQ1_0: 52, TQ2_0: 64, Q6_K: 208 }[type as string] ?? 0
  if (type !== 'IQ1_M') block.set([half & 255, half >> 8], at)
  // a quarter in the upper bits of each of four words
  else for (let i = 0; i < 4; i++) block[49 + 2 * i] = (block[49 + 2 * i]! & 15) | (((half >> (4 * i)) & 15) << 4)
}

/** A matrix of blocks of noise whose root mean square is about `size`; of types that have at most one float16 a block. */
export function noiseBlocks(
  name: string,
  type: GgmlTypeName,
  shape: readonly [number, number],
  size: number,
  seed: number,
): WrittenTensor {
  const { weights, bytes } = ggmlTypes[type]
  const random = randomFrom(seed)
  const data = Uint8Array.from({ length: ((shape[0] * shape[1]) / weights) * bytes }, () => Math.floor(random() * 256))
  const each = (change: (block: Uint8Array) => void) => {
    for (let at = 0; at < data.length; at += bytes) change(data.subarray(at, at + bytes))
  }
  // powers of two, and numbers with exponents, in place of a float16
  if (type === 'MXFP4') each((block) => block.fill(127 + Math.round(Math.log2(size / 2.5)), 0, 1))
  else if (type === 'NVFP4') each((block) => block.set(block.subarray(0, 4).map((byte) => (byte & 15) | 48)))
  else {
    each((block) => putScale(type, block, 0x3c00))
    const decoded = dequantizeBlocks(data, ggmlTypes[type])
    const square = decoded.reduce((sum, value) => sum + value * value, 0) / decoded.length
    const [half] = encodeFloat16(Float32Array.of(size / Math.sqrt(square)))
    each((block) => putScale(type, block, half!))
  }
  return { name, type, shape, data }
}

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

import { FormatError, invariant } from '../errors'
import { type Dtype, dtypeBytes } from './dtypes'

/** The float32 bits of every float16: 256 KiB once, then one look-up a value. */
const float32BitsOfHalf = (() => {
  let table: Uint32Array | undefined
  return () => (table ??= Uint32Array.from({ length: 65536 }, (_, half) => widen(half)))
})()

/** Exact: every float16, subnormal, infinity and NaN payload included, is a float32. */
function widen(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const mantissa = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13)
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13)
  if (mantissa === 0) return sign
  const leading = 31 - Math.clz32(mantissa)
  return sign | ((leading + 103) << 23) | ((mantissa << (23 - leading)) & 0x7fffff)
}

/** Little-endian float bytes of dtype F32, F16, BF16 or F64 as float32; NaN and infinity stay what they are. */
export function toFloat32(bytes: Uint8Array, dtype: Dtype): Float32Array<ArrayBuffer> {
  invariant(bytes.byteLength % dtypeBytes[dtype] === 0, `${bytes.byteLength} bytes are no whole number of ${dtype}`)
  const length = bytes.byteLength / dtypeBytes[dtype]
  // A view needs an aligned start; bytes cut out of a file seldom have one.
  const aligned = bytes.byteOffset % dtypeBytes[dtype] === 0 ? bytes : bytes.slice()
  const { buffer, byteOffset } = aligned
  switch (dtype) {
    case 'F32':
      return new Float32Array(new Float32Array(buffer, byteOffset, length))
    case 'F64':
      return new Float32Array(new Float64Array(buffer, byteOffset, length))
    case 'F16':
      return decodeFloat16(new Uint16Array(buffer, byteOffset, length))
    case 'BF16': {
      const source = new Uint16Array(buffer, byteOffset, length)
      const bits = new Uint32Array(length)
      for (let i = 0; i < length; i++) bits[i] = source[i]! << 16
      return new Float32Array(bits.buffer)
    }
    default:
      throw new FormatError(
        `weights: expected F32, F16, BF16 or F64, got ${dtype} — use the checkpoint before it was quantized`,
      )
  }
}

/** Little-endian words [⌈bytes / 4⌉] of these bytes; what the last lacks is 0. A view where that is possible. */
export function wordsOf(bytes: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes
  if (byteOffset % 4 === 0 && length % 4 === 0) return new Uint32Array(buffer, byteOffset, length / 4)
  const padded = new Uint8Array(4 * Math.ceil(length / 4))
  padded.set(bytes)
  return new Uint32Array(padded.buffer)
}

/** Bits of the exponents in a word of one or two values, and what carries out of one where all its bits are set. */
const exponents = {
  F32: { mask: 0x7f800000, carry: 0x00800000, over: 0x80000000 },
  F16: { mask: 0x7c007c00, carry: 0x04000400, over: 0x80008000 },
  BF16: { mask: 0x7f807f80, carry: 0x00800080, over: 0x80008000 },
} as const

/** Whether no value is infinite or NaN, looked at a word at a time; `dtype` as for `toFloat32`. */
export function areFinite(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): boolean {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') return toFloat32(bytes, dtype).every(Number.isFinite)
  const { mask, carry, over } = exponents[dtype]
  // signed, and four at a time: a fraction of the time, where it is spent on every weight of a model
  const { buffer, byteOffset, length } = wordsOf(bytes)
  const words = new Int32Array(buffer, byteOffset, length)
  const whole = length - (length % 4)
  let carried = 0
  for (let i = 0; i < whole; i += 4) {
    carried |= ((words[i]! & mask) + carry) | ((words[i + 1]! & mask) + carry)
    carried |= ((words[i + 2]! & mask) + carry) | ((words[i + 3]! & mask) + carry)
  }
  for (let i = whole; i < length; i++) carried |= (words[i]! & mask) + carry
  return (carried & over) === 0
}

/** float16 bits to float32, exactly. */
export function decodeFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const table = float32BitsOfHalf()
  const wide = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) wide[i] = table[bits[i]!]!
  return new Float32Array(wide.buffer)
}

/** float32 to the bits of the nearest float16, ties to even, subnormals kept; beyond 65504 (rounded) → infinity. */
export function encodeFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const scratch = new Float32Array(1)
  const scratchBits = new Uint32Array(scratch.buffer)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const sign = (source[i]! >>> 16) & 0x8000
    const bits = source[i]! & 0x7fffffff
    let half: number
    if (bits > 0x7f800000) half = 0x7e00 | ((bits >>> 13) & 0x1ff)
    else if (bits >= 0x47800000) half = 0x7c00
    else if (bits >= 0x38800000) half = (bits - 0x38000000 + 0xfff + ((bits >>> 13) & 1)) >>> 13
    else {
      // Below 2⁻¹⁴ a float16 counts in steps of 2⁻²⁴, which is the step of a float32 in [0.5, 1): adding 0.5 rounds there.
      scratch[0] = Math.abs(values[i]!) + 0.5
      half = scratchBits[0]! - 0x3f000000
    }
    halves[i] = sign | half
  }
  return halves
}

/** float32 to the bits of the nearest bfloat16, ties to even; NaN stays one. */
export function encodeBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length)
  return Uint16Array.from(source, (bits) => {
    if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40
    return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
  })
}

/** The least bits, without the sign, of what is no number. */
const NAN = 0x7f800001

/**
 * Of two float32 by their bits, the one of larger size: `value` where it is larger than `kept` and a number. Sizes are ordered
 * like their bits without the sign; compared so, nothing branches on values, which are noise to a processor.
 */
export function larger(kept: number, value: number): number {
  const size = value & 0x7fffffff
  const taken = (((kept & 0x7fffffff) - size) >> 31) & ((size - NAN) >> 31)
  return kept ^ ((kept ^ value) & taken)
}

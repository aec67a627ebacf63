import { type Dtype, dtypeBytes } from './dtypes'
import { decodeFloat16, toFloat32 } from './floats'

/** The values of every float8, by its bits. */
const tables = {
  // no infinities, and one NaN of each sign
  F8_E4M3: () =>
    Float32Array.from({ length: 256 }, (_, bits) => {
      const [exponent, mantissa] = [(bits >> 3) & 15, bits & 7]
      if ((bits & 127) === 127) return Number.NaN
      const size = exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10)
      return bits & 128 ? -size : size
    }),
  // the upper half of a float16
  F8_E5M2: () => decodeFloat16(Uint16Array.from({ length: 256 }, (_, bits) => bits << 8)),
} as const

const made = new Map<string, Float32Array>()

function ofTable(bytes: Uint8Array, dtype: keyof typeof tables): Float32Array<ArrayBuffer> {
  const table = made.get(dtype) ?? tables[dtype]()
  made.set(dtype, table)
  return Float32Array.from(bytes, (bits) => table[bits]!)
}

/** Little-endian numbers of any dtype as float32, the nearest where they have more digits: for looking, not for computing. */
export function toNumbers(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % dtypeBytes[dtype] === 0 ? bytes : bytes.slice()
  const { buffer, byteOffset, byteLength } = aligned
  const place = [buffer, byteOffset, byteLength / dtypeBytes[dtype]] as const
  switch (dtype) {
    case 'F8_E4M3':
    case 'F8_E5M2':
      return ofTable(bytes, dtype)
    case 'BOOL':
    case 'U8':
      return Float32Array.from(bytes)
    case 'I8':
      return Float32Array.from(new Int8Array(...place))
    case 'I16':
      return Float32Array.from(new Int16Array(...place))
    case 'U16':
      return Float32Array.from(new Uint16Array(...place))
    case 'I32':
      return Float32Array.from(new Int32Array(...place))
    case 'U32':
      return Float32Array.from(new Uint32Array(...place))
    case 'I64':
      return Float32Array.from(new BigInt64Array(...place), Number)
    case 'U64':
      return Float32Array.from(new BigUint64Array(...place), Number)
    default:
      return toFloat32(bytes, dtype)
  }
}

import { expect, it } from 'vitest'
import type { Dtype } from './dtypes'
import { toNumbers } from './numbers'

const bytesOf = (array: ArrayBufferView<ArrayBuffer>) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

it.each<[Dtype, Uint8Array<ArrayBuffer>, number[]]>([
  ['F8_E4M3', Uint8Array.of(0x00, 0x01, 0x08, 0x38, 0x7e, 0x7f, 0xb8), [0, 2 ** -9, 2 ** -6, 1, 448, Number.NaN, -1]],
  ['F8_E5M2', Uint8Array.of(0x3c, 0x7b, 0x7c, 0xbc), [1, 57344, Number.POSITIVE_INFINITY, -1]],
  ['BOOL', Uint8Array.of(0, 1), [0, 1]],
  ['I8', Uint8Array.of(255, 127), [-1, 127]],
  ['I16', bytesOf(Int16Array.of(-300, 300)), [-300, 300]],
  ['U16', bytesOf(Uint16Array.of(65535)), [65535]],
  ['I32', bytesOf(Int32Array.of(-70000)), [-70000]],
  ['U32', bytesOf(Uint32Array.of(2 ** 31)), [2 ** 31]],
  ['I64', bytesOf(BigInt64Array.of(-5n)), [-5]],
  ['U64', bytesOf(BigUint64Array.of(2n ** 40n)), [2 ** 40]],
  ['F32', bytesOf(Float32Array.of(0.5)), [0.5]],
])('%s', (dtype, bytes, values) => {
  expect([...toNumbers(bytes, dtype)]).toEqual(values)
  const shifted = new Uint8Array(bytes.length + 1)
  shifted.set(bytes, 1)
  expect([...toNumbers(shifted.subarray(1), dtype)]).toEqual(values)
})

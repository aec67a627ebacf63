import { type GgmlTypeName, ggmlTypes } from '../src/formats/gguf/types'

/** The bytes of a value with its type in front, as metadata has it. */
export type Entry = readonly [type: number, bytes: Uint8Array]

export interface WrittenTensor {
  readonly name: string
  readonly type: GgmlTypeName
  /** Said in place of the type's. */
  readonly typeId?: number
  /** Slowest dimension first. */
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

const join = (parts: readonly Uint8Array[]) => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const bytesOf = (size: number, put: (view: DataView) => void) => {
  const bytes = new Uint8Array(size)
  put(new DataView(bytes.buffer))
  return bytes
}

export const u32Bytes = (value: number) => bytesOf(4, (view) => view.setUint32(0, value, true))
export const u64Bytes = (value: number | bigint) => bytesOf(8, (view) => view.setBigUint64(0, BigInt(value), true))
export const textBytes = (value: string) => {
  const bytes = new TextEncoder().encode(value)
  return join([u64Bytes(bytes.length), bytes])
}
const f32Bytes = (value: number) => bytesOf(4, (view) => view.setFloat32(0, value, true))

export const u16 = (value: number): Entry => [2, bytesOf(2, (view) => view.setUint16(0, value, true))]
export const u32 = (value: number): Entry => [4, u32Bytes(value)]
export const f32 = (value: number): Entry => [6, f32Bytes(value)]
export const flag = (value: boolean): Entry => [7, Uint8Array.of(Number(value))]
export const text = (value: string): Entry => [8, textBytes(value)]
const list = (type: number, items: readonly Uint8Array[]): Entry => [
  9,
  join([u32Bytes(type), u64Bytes(items.length), ...items]),
]
export const texts = (values: readonly string[]): Entry => list(8, values.map(textBytes))
export const i32s = (values: readonly number[]): Entry => list(5, values.map(u32Bytes))
export const f32s = (values: readonly number[]): Entry => list(6, values.map(f32Bytes))

export interface Written {
  readonly metadata: readonly (readonly [key: string, entry: Entry])[]
  readonly tensors: readonly WrittenTensor[]
  readonly alignment?: number
}

/** A GGUF file of version 3, written without any of the code that reads them. */
export function ggufFile({ metadata, tensors, alignment = 32 }: Written): Uint8Array<ArrayBuffer> {
  let offset = 0
  const infos = tensors.map(({ name, type, typeId = ggmlTypes[type].id, shape, data }) => {
    const info = [
      ...[textBytes(name), u32Bytes(shape.length), ...shape.toReversed().map(u64Bytes)],
      ...[u32Bytes(typeId), u64Bytes(offset)],
    ]
    offset = padded(offset + data.length, alignment)
    return join(info)
  })
  const entries = metadata.map(([key, [type, bytes]]) => join([textBytes(key), u32Bytes(type), bytes]))
  const magic = new TextEncoder().encode('GGUF')
  const head = join([magic, u32Bytes(3), u64Bytes(tensors.length), u64Bytes(entries.length), ...entries, ...infos])
  const data = tensors.flatMap(({ data }) => [data, new Uint8Array(padded(data.length, alignment) - data.length)])
  return join([head, new Uint8Array(padded(head.length, alignment) - head.length), ...data])
}

const padded = (length: number, alignment: number) => Math.ceil(length / alignment) * alignment

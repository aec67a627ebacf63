import { invariant } from '../../errors'
import { type GgmlTypeName, ggmlTypes } from './types'

/** A value of a GGUF file's metadata. */
export type GgufValue =
  | { readonly type: 'u8' | 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'u8s' | 'i32s' | 'f32s'; readonly value: ArrayLike<number> }
  | { readonly type: 'strings'; readonly value: readonly string[] }

/** Metadata by key, in the order in which it is written. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>

/** A tensor to write: its data is asked for when its turn comes, and may arrive in parts. */
export interface TensorToWrite {
  readonly name: string
  readonly type: GgmlTypeName
  /** Rows first, as everywhere else; the file has it the other way round. */
  readonly shape: readonly number[]
  data(): AsyncIterable<Uint8Array>
}

const VERSION = 3
const ALIGNMENT = 32

/** Ids of the types of values, and of what arrays hold. */
const valueTypes = { u8: 0, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

export function tensorBytes({ type, shape }: Pick<TensorToWrite, 'type' | 'shape'>): number {
  const { weights, bytes } = ggmlTypes[type]
  return (shape.reduce((product, n) => product * n, 1) / weights) * bytes
}

/** A GGUF file as a stream of a size known beforehand: header, metadata, then one tensor after the other. */
export function writeGguf(
  metadata: GgufMetadata,
  tensors: readonly TensorToWrite[],
): { size: number; chunks: AsyncGenerator<Uint8Array> } {
  const head = header(metadata, tensors)
  const size = tensors.reduce((sum, tensor) => sum + aligned(tensorBytes(tensor)), head.length)
  return { size, chunks: chunksOf(head, tensors) }
}

async function* chunksOf(head: Uint8Array, tensors: readonly TensorToWrite[]): AsyncGenerator<Uint8Array> {
  yield head
  for (const tensor of tensors) {
    const expected = tensorBytes(tensor)
    let written = 0
    for await (const chunk of tensor.data()) {
      written += chunk.byteLength
      yield chunk
    }
    invariant(written === expected, () => `${tensor.name} has ${written} bytes, its shape says ${expected}`)
    if (aligned(expected) > expected) yield new Uint8Array(aligned(expected) - expected)
  }
}

function header(metadata: GgufMetadata, tensors: readonly TensorToWrite[]): Uint8Array {
  const sink = new Sink()
  sink.raw(new TextEncoder().encode('GGUF'))
  sink.u32(VERSION)
  sink.u64(tensors.length)
  sink.u64(metadata.size)
  for (const [key, value] of metadata) {
    sink.string(key)
    writeValue(sink, value)
  }
  let offset = 0
  for (const tensor of tensors) {
    const columns = tensor.shape.at(-1)!
    const { id, weights } = ggmlTypes[tensor.type]
    invariant(columns % weights === 0, () => `${tensor.name}: rows of ${columns} in blocks of ${weights}`)
    sink.string(tensor.name)
    sink.u32(tensor.shape.length)
    for (const n of tensor.shape.toReversed()) sink.u64(n)
    sink.u32(id)
    sink.u64(offset)
    offset += aligned(tensorBytes(tensor))
  }
  return sink.padded()
}

function writeValue(sink: Sink, { type, value }: GgufValue): void {
  if (type === 'string') {
    sink.u32(valueTypes.string)
    sink.string(value)
  } else if (type === 'bool') {
    sink.u32(valueTypes.bool)
    sink.raw(Uint8Array.of(Number(value)))
  } else if (type === 'strings') {
    sink.array(valueTypes.string, value.length)
    for (const text of value) sink.string(text)
  } else if (typeof value === 'number') {
    const one = type as 'u8' | 'u32' | 'i32' | 'f32'
    sink.u32(valueTypes[one])
    sink.numbers(one, [value])
  } else {
    const element = ({ u8s: 'u8', i32s: 'i32', f32s: 'f32' } as const)[type as 'u8s' | 'i32s' | 'f32s']
    sink.array(valueTypes[element], value.length)
    sink.numbers(element, value)
  }
}

const arrays = { u8: Uint8Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array } as const

/** Bytes that grow, little-endian. */
class Sink {
  #bytes = new Uint8Array(1 << 16)
  #length = 0

  raw(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#length + bytes.length))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  // every machine that runs a browser is little-endian
  numbers(type: keyof typeof arrays, values: ArrayLike<number>): void {
    const array = arrays[type].from(values)
    this.raw(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  }

  u32(value: number): void {
    this.numbers('u32', [value])
  }

  u64(value: number): void {
    this.numbers('u32', [value, Math.floor(value / 2 ** 32)])
  }

  /** What comes before the elements of an array. */
  array(element: number, length: number): void {
    this.u32(valueTypes.array)
    this.u32(element)
    this.u64(length)
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.u64(bytes.length)
    this.raw(bytes)
  }

  padded(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(aligned(this.#length))
    whole.set(this.#bytes.subarray(0, this.#length))
    return whole
  }
}

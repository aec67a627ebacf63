import { FormatError, invariant } from '../errors'
import { inMemory } from './bitloom/tensors'
import type { ByteSource } from './bytes'
import type { Dtype } from './dtypes'
import { readSafetensors } from './safetensors'
import { safetensorsChunks, safetensorsSize, type TensorToWrite } from './safetensors-writer'

const FORMAT = 'bitloom-plain'

const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  U8: Uint8Array,
  U16: Uint16Array,
  U32: Uint32Array,
  I32: Int32Array,
} as const satisfies Partial<Record<Dtype, unknown>>
type ArrayDtype = keyof typeof ARRAYS

/** What stands for a value that JSON lacks; an object of the value's own never has this key. */
const KIND = '$'

/**
 * A value made of numbers, texts, null, arrays, plain objects, maps and typed arrays as a safetensors file: typed arrays are
 * its tensors, the rest is JSON in its metadata.
 */
export function writePlain(value: unknown): { size: number; chunks: AsyncGenerator<Uint8Array> } {
  const tensors: TensorToWrite[] = []
  const encode = (part: unknown): unknown => {
    if (typeof part === 'number' && !Number.isFinite(part)) return { [KIND]: 'number', value: String(part) }
    if (part === null || typeof part !== 'object') return part
    if (part instanceof Map) return { [KIND]: 'map', entries: [...part].map((entry) => entry.map(encode)) }
    if (Array.isArray(part)) return part.map(encode)
    if (!ArrayBuffer.isView(part)) {
      invariant(!(KIND in part), `a plain object has the key '${KIND}'`)
      return Object.fromEntries(Object.entries(part).map(([key, own]) => [key, encode(own)]))
    }
    const dtype = (Object.keys(ARRAYS) as ArrayDtype[]).find((known) => part instanceof ARRAYS[known])
    invariant(dtype, () => `an array of another kind: ${part.constructor.name}`)
    const name = String(tensors.length).padStart(8, '0')
    const array = part as Float32Array<ArrayBuffer>
    tensors.push(inMemory(name, dtype, [array.length], [array]))
    return { [KIND]: 'array', name }
  }
  const metadata = { format: FORMAT, value: JSON.stringify(encode(value)) }
  return { size: safetensorsSize(tensors, metadata), chunks: safetensorsChunks(tensors, metadata) }
}

/** The value that `writePlain` wrote. FormatError for any other file. */
export async function readPlain(file: ByteSource): Promise<unknown> {
  const { tensors, metadata } = await readSafetensors(file)
  const fail = (): never => {
    throw new FormatError(`${file.name}: expected values that Bitloom kept, got something else — start over`)
  }
  if (metadata.format !== FORMAT) return fail()
  const arrays = new Map<string, unknown>()
  for (const { name, dtype, read } of tensors.values())
    arrays.set(name, new (ARRAYS[dtype as ArrayDtype] ?? fail())((await read()).buffer))
  return JSON.parse(metadata.value ?? fail(), (_, part: unknown) => {
    const { [KIND]: kind, ...rest } = (part ?? {}) as Record<string, unknown>
    if (kind === undefined) return part
    if (kind === 'number') return Number(rest.value)
    if (kind === 'map' && Array.isArray(rest.entries)) return new Map(rest.entries)
    return arrays.get(String(rest.name)) ?? fail()
  })
}

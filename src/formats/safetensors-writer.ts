import { invariant } from '../errors'
import { type Dtype, dtypeBytes } from './dtypes'

/** A tensor to write: its data is asked for when its turn comes, and may arrive in parts. */
export interface TensorToWrite {
  name: string
  dtype: Dtype
  shape: readonly number[]
  data: () => Promise<Uint8Array> | AsyncIterable<Uint8Array>
}
type Description = Omit<TensorToWrite, 'data'>

const bytesOf = ({ dtype, shape }: Description) => shape.reduce((product, dim) => product * dim, dtypeBytes[dtype])

/**
 * Wide dtypes first, then by name, as the reference implementation does: the data starts at a multiple of 8,
 * so every tensor begins at a multiple of its element's size and can be viewed in place.
 */
const inFileOrder = <T extends Description>(entries: readonly T[]): T[] =>
  [...entries].sort((a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype] || (a.name < b.name ? -1 : 1))

function header(ordered: readonly Description[], metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const fields: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : []
  let offset = 0
  for (const entry of ordered) {
    const begin = offset
    offset += bytesOf(entry)
    fields.push([entry.name, { dtype: entry.dtype, shape: entry.shape, data_offsets: [begin, offset] }])
  }
  const named = Object.fromEntries(fields)
  invariant(Object.keys(named).length === fields.length, 'two tensors of one name')
  const json = new TextEncoder().encode(JSON.stringify(named))
  const padded = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + padded).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(json, 8)
  return bytes
}

/** Bytes of the file that `safetensorsChunks` writes for these tensors. */
export function safetensorsSize(
  entries: readonly Description[],
  metadata: Readonly<Record<string, string>> = {},
): number {
  return entries.reduce((sum, entry) => sum + bytesOf(entry), header(inFileOrder(entries), metadata).length)
}

/** A safetensors file as a stream: the header, then the tensors one after the other, none held longer than it takes. */
export async function* safetensorsChunks(
  entries: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  const ordered = inFileOrder(entries)
  yield header(ordered, metadata)
  for (const entry of ordered) {
    let written = 0
    const data = entry.data()
    for await (const chunk of Symbol.asyncIterator in data ? data : [await data]) {
      written += chunk.byteLength
      yield chunk
    }
    invariant(written === bytesOf(entry), `${entry.name} has ${written} bytes, its shape says ${bytesOf(entry)}`)
  }
}

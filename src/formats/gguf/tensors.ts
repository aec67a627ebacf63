import { FormatError, invariant } from '../../errors'
import type { ByteSource } from '../bytes'
import type { Dtype } from '../dtypes'
import { toFloat32 } from '../floats'
import type { TensorEntry } from '../source'
import { dequantizeBlocks } from './dequantize'
import { type GgufTensor, quote } from './header'
import { rowByRow } from './interleaved'
import type { Place } from './place'
import { gatherRows } from './row-order'

/** Types whose bytes are read as they are. */
const plain: ReadonlySet<string> = new Set<Dtype>(['F32', 'F16', 'BF16', 'F64', 'I8', 'I16', 'I32', 'I64'])

/**
 * A tensor of a GGUF file as a tensor of a checkpoint: codes are decoded to F32 as rows are read, what differs is
 * put right, and weights are multiplied by `scale`. FormatError for an unknown type.
 */
export function entryOf(
  file: ByteSource,
  tensor: GgufTensor,
  name: string,
  { order, offset: added, scale }: Pick<Place, 'order' | 'offset'> & { readonly scale: number },
): TensorEntry {
  const { type, shape, bytes, offset } = tensor
  const isFloat = plain.has(type.name)
  const isPlain = isFloat && added === 0 && scale === 1
  if (type.weights === null)
    throw new FormatError(
      `${file.name}: tensor ${quote(tensor.name)}: expected a type of llama.cpp's, got ${type.name} — use a file of the model in one of those`,
    )
  const [rows = 1] = shape
  if (order && rows % order.multiple !== 0)
    throw new FormatError(
      `${file.name}: tensor ${quote(tensor.name)}: expected rows for whole heads of ${order.unit}, got ${rows} — the file is damaged; fetch it again`,
    )
  const inRows = rowByRow(file, tensor, type)
  const rowBytes = bytes / rows
  const entryBytes = isPlain ? bytes : shape.reduce((product, dim) => product * dim, 4)

  const readStored = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    const stored = await inRows.read(offset + start * rowBytes, (end - start) * rowBytes)
    if (isPlain) return stored
    const values = isFloat ? toFloat32(stored, type.name as Dtype) : dequantizeBlocks(stored, inRows.type)
    if (added !== 0 || scale !== 1) for (let i = 0; i < values.length; i++) values[i] = values[i]! * scale - added
    return new Uint8Array(values.buffer)
  }
  const read: TensorEntry['read'] = async ({ start, end } = { start: 0, end: rows }) => {
    invariant(start >= 0 && start <= end && end <= rows, `rows ${start} to ${end} of ${rows} of ${name}`)
    if (!order) return readStored(start, end)
    return gatherRows(readStored, entryBytes / rows, { start, end }, order.unit, order.toFile)
  }
  const dtype = isPlain ? (type.name as Dtype) : 'F32'
  return { name, dtype, shape, bytes: entryBytes, ...(!isFloat && { stored: { type: type.name, bytes } }), read }
}

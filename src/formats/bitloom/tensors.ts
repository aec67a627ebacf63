import { FormatError } from '../../errors'
import type { TensorToWrite } from '../safetensors-writer'
import type { ModelSource, TensorEntry } from '../source'

/** A tensor that is there already, as one array or several that follow each other. */
export function inMemory(
  name: string,
  dtype: TensorToWrite['dtype'],
  shape: readonly number[],
  arrays: readonly ArrayBufferView<ArrayBuffer>[],
): TensorToWrite {
  const data = async function* () {
    for (const { buffer, byteOffset, byteLength } of arrays) yield new Uint8Array(buffer, byteOffset, byteLength)
  }
  return { name, dtype, shape, data }
}

/** The tensor if it is there with this dtype and one of these shapes. */
export function storedTensor(
  tensors: ModelSource['tensors'],
  name: string,
  dtype: string,
  shapes: readonly (readonly number[])[],
): TensorEntry {
  const entry = tensors.get(name)
  const fits = shapes.some((shape) => String(entry?.shape) === String(shape))
  if (entry?.dtype === dtype && fits) return entry
  const wanted = shapes.map((shape) => `[${shape}]`).join(' or ')
  const got = entry ? `${entry.dtype} [${entry.shape.slice(0, 8)}]` : 'none'
  throw new FormatError(
    `tensor ${name.slice(0, 200)}: expected ${dtype} ${wanted}, got ${got} — the file is damaged; pack the model again`,
  )
}

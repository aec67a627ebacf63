import { dtypeBytes } from './dtypes'
import type { TensorEntry } from './source'

/** What a turned matrix is the transpose of. */
const originals = new WeakMap<TensorEntry, TensorEntry>()

/** The transpose of a matrix, read like one that is stored so: each look at some rows reads the whole. Turned twice, it is itself. */
export function turned(entry: TensorEntry): TensorEntry {
  const original = originals.get(entry)
  if (original) return original
  const [columns = 0, rows = 0] = entry.shape
  const width = dtypeBytes[entry.dtype]
  const transpose: TensorEntry = {
    ...entry,
    shape: [rows, columns],
    async read({ start, end } = { start: 0, end: rows }) {
      const stored = await entry.read()
      const part = new Uint8Array((end - start) * columns * width)
      for (let row = start; row < end; row++)
        for (let column = 0; column < columns; column++) {
          const from = (column * rows + row) * width
          const to = ((row - start) * columns + column) * width
          for (let byte = 0; byte < width; byte++) part[to + byte] = stored[from + byte]!
        }
      return part
    },
  }
  originals.set(transpose, entry)
  return transpose
}

/** Row-major values [rows, columns] as those of the transpose. */
export function turnedValues(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const turnedTo = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turnedTo[column * rows + row] = values[row * columns + column]!
  return turnedTo
}

import type { Places } from './reduce'
import { type MatrixData, rowSource } from './sources'

/** Everything about the weights of these rows in these columns, row-major; see MatrixCells of the workers. */
export async function readCells(data: MatrixData, rows: Places, columns: Places) {
  const size = rows.length * columns.length
  const wide = data.in
  const pick = <T extends Float32Array | Uint8Array | Uint16Array>(part: T, from: T, at: number) => {
    for (let i = 0; i < columns.length; i++) part[at + i] = from[columns[i]!]!
  }
  const read = <T extends Float32Array | Uint8Array | Uint16Array>(
    make: (length: number) => T,
    of: (row: number, values: T) => void,
  ) => {
    const [part, values] = [make(size), make(wide)]
    rows.forEach((row, i) => {
      of(row, values)
      pick(part, values, i * columns.length)
    })
    return part
  }
  const bytes = (length: number) => new Uint8Array(length)
  const floats = (length: number) => new Float32Array(length)
  const { rows: stored, other } = data
  const group = new Uint32Array(size)
  const [scale, zero] = [floats(size), floats(size)]
  rows.forEach((row, r) => {
    columns.forEach((column, c) => {
      const at = r * columns.length + c
      const source = stored.source(row, column)
      group[at] = source.group
      scale[at] = source.scale
      zero[at] = source.zero
    })
  })
  const { salient } = stored
  return {
    ...{ rows, columns, group, scale, zero },
    weight: read(floats, stored.weights),
    original: await originals(data, rows, columns),
    other: other && read(floats, other.weights),
    code: read(bytes, stored.codes),
    levels: read((length) => new Uint16Array(length), stored.levels),
    bits: read(bytes, stored.bits),
    salient: salient && read(bytes, salient),
  }
}

async function originals(data: MatrixData, rows: Places, columns: Places) {
  const source = rowSource(data, 'original')
  if (!source) return null
  const part = new Float32Array(rows.length * columns.length)
  const values = new Float32Array(data.in)
  for (const [i, row] of rows.entries()) {
    await source.prepare?.(row, row + 1)
    source.read(row, values, columns)
    for (let c = 0; c < columns.length; c++) part[i * columns.length + c] = values[columns[c]!]!
  }
  return part
}

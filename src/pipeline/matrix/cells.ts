import type { Places } from './reduce'
import { type MatrixData, rowSource } from './sources'

/** Everything about the weights of these rows in these columns, row-major; see MatrixCells of the workers. */
export async function readCells(data: MatrixData, rows: Places, columns: Places) {
  const size = rows.length * columns.length
  const { rows: stored, other } = data
  const cells = {
    ...{ group: new Uint32Array(size), scale: new Float32Array(size), zero: new Float32Array(size) },
    ...{ weight: new Float32Array(size), other: other && new Float32Array(size) },
    ...{ code: new Uint8Array(size), levels: new Uint16Array(size), bits: new Uint8Array(size) },
    salient: stored.kinds.some(({ kind }) => kind === 'sign') ? new Uint8Array(size) : null,
  }
  const [codes, kinds] = [new Uint8Array(data.in), new Uint8Array(data.in)]
  const [weights, others] = [new Float32Array(data.in), new Float32Array(data.in)]
  rows.forEach((row, r) => {
    stored.read(row, { weights, codes, kinds }, columns)
    other?.read(row, { weights: others }, columns)
    columns.forEach((column, c) => {
      const at = r * columns.length + c
      const { group, scale, zero } = stored.source(row, column)
      const kind = stored.kinds[kinds[column]!]!
      cells.group[at] = group
      cells.scale[at] = scale
      cells.zero[at] = zero
      cells.weight[at] = weights[column]!
      if (cells.other) cells.other[at] = others[column]!
      cells.code[at] = codes[column]!
      cells.levels[at] = kind.codes
      cells.bits[at] = kind.bits
      if (cells.salient) cells.salient[at] = Number(kind.kind !== 'sign')
    })
  })
  return { rows, columns, ...cells, original: await originals(data, rows, columns) }
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

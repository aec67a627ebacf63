import { toFloat32 } from '../../formats/floats'
import type { Scaling } from '../../formats/quantized'
import type { RowReader } from '../../formats/row-reader'
import type { TensorEntry } from '../../formats/source'

/**
 * What of a matrix is looked at, one number a weight: the weight that its code stands for, the one it was, their
 * difference, the place of the code among its levels from −1 to 1, the bits it takes, its sign; with another result beside
 * this one, the other's weight and how far this one's is from it.
 */
export const QUANTITIES = ['weight', 'original', 'error', 'code', 'bits', 'sign', 'other', 'difference'] as const
export type Quantity = (typeof QUANTITIES)[number]

/** One matrix, stored and, where there are any, its original weights and those of another result. */
export interface MatrixData {
  readonly out: number
  readonly in: number
  readonly rows: RowReader
  readonly original: TensorEntry | null
  /** What the original was multiplied by before it was quantized. */
  readonly scaling: Scaling | undefined
  readonly other: RowReader | null
}

/** Numbers of a quantity row by row; those of rows [start, end) can be had once they are prepared. */
export interface RowSource {
  readonly prepare: ((start: number, end: number) => Promise<void>) | null
  /** Those of these columns at least, by original column. */
  read(row: number, values: Float32Array, columns: Uint32Array): void
  /** Numbers of largest size, of bins of columns; null where these cannot be had faster than by `read`. */
  readonly extremes: RowReader['extremes']
}

/** Null where there is nothing to compare with. */
export function rowSource(data: MatrixData, quantity: Quantity): RowSource | null {
  const { rows, other } = data
  switch (quantity) {
    case 'weight':
      return { ...weightsOf(rows), extremes: rows.extremes }
    case 'original':
      return data.original && originalRows(data, data.original)
    case 'error':
      return data.original && lessOf(weightsOf(rows), originalRows(data, data.original), data.in)
    case 'code':
      return codeRows(data)
    case 'bits':
      return bitRows(data)
    case 'sign':
      return plain((row, values, columns) => {
        rows.read(row, { weights: values }, columns)
        for (const column of columns) values[column] = Math.sign(values[column]!)
      })
    case 'other':
      return other && { ...weightsOf(other), extremes: other.extremes }
    case 'difference':
      return other && lessOf(weightsOf(rows), weightsOf(other), data.in)
  }
}

const plain = (read: RowSource['read']): RowSource => ({ prepare: null, extremes: null, read })

const weightsOf = (rows: RowReader): RowSource => plain((row, weights, columns) => rows.read(row, { weights }, columns))

function lessOf(one: RowSource, other: RowSource, columns: number): RowSource {
  const taken = new Float32Array(columns)
  const read: RowSource['read'] = (row, values, shown) => {
    one.read(row, values, shown)
    other.read(row, taken, shown)
    for (let i = 0; i < shown.length; i++) values[shown[i]!]! -= taken[shown[i]!]!
  }
  return { prepare: other.prepare, extremes: null, read }
}

/** −1 for the lowest level of a weight, 1 for the highest. */
function codeRows({ rows, in: columns }: MatrixData): RowSource {
  const [codes, kinds] = [new Uint8Array(columns), new Uint8Array(columns)]
  const highest = Float64Array.from(rows.kinds, (kind) => kind.codes - 1)
  return plain((row, values, shown) => {
    rows.read(row, { codes, kinds }, shown)
    for (let i = 0; i < shown.length; i++) {
      const column = shown[i]!
      values[column] = (2 * codes[column]!) / highest[kinds[column]!]! - 1
    }
  })
}

function bitRows({ rows, in: columns }: MatrixData): RowSource {
  const kinds = new Uint8Array(columns)
  const bits = Float64Array.from(rows.kinds, (kind) => kind.bits)
  return plain((row, values, shown) => {
    rows.read(row, { kinds }, shown)
    for (let i = 0; i < shown.length; i++) values[shown[i]!] = bits[kinds[shown[i]!]!]!
  })
}

function originalRows({ in: columns, scaling }: MatrixData, entry: TensorEntry): RowSource {
  let held = new Float32Array(0)
  let first = 0
  return {
    extremes: null,
    prepare: async (start, end) => {
      held = toFloat32(await entry.read({ start, end }), entry.dtype)
      first = start
    },
    read: (row, values) => {
      values.set(held.subarray((row - first) * columns, (row - first + 1) * columns))
      if (!scaling) return
      const factor = scaling.rows?.[row] ?? 1
      // in the order in which a run multiplies, for the same floats
      for (let i = 0; i < columns; i++) values[i] = values[i]! * factor * (scaling.columns?.[i] ?? 1)
    },
  }
}

import type { Pause } from '../breathe'
import { type MatrixData, type Quantity, rowSource } from './sources'

export interface RowRecord {
  /** ‖ŵ‖ of every row. */
  readonly norm: Float32Array<ArrayBuffer>
  /** Σ over columns of (w − ŵ)²; null without the original. */
  readonly error: Float32Array<ArrayBuffer> | null
}

/** Norm and error of every row, a pass over the whole matrix. */
export async function rowRecord(data: MatrixData, pause: Pause): Promise<RowRecord> {
  const every = Uint32Array.from({ length: data.in }, (_, column) => column)
  const squares = async (quantity: Quantity) => {
    const source = rowSource(data, quantity)
    if (!source) return null
    const values = new Float32Array(data.in)
    const sums = new Float32Array(data.out)
    const most = Math.max(1, Math.floor(2 ** 20 / data.in))
    for (let row = 0; row < data.out; row++) {
      if (row % most === 0) {
        await pause()
        await source.prepare?.(row, Math.min(data.out, row + most))
      }
      source.read(row, values, every)
      let sum = 0
      for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!
      sums[row] = sum
    }
    return sums
  }
  const norm = (await squares('weight'))!.map(Math.sqrt)
  return { norm, error: await squares('error') }
}

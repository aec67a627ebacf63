import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { columnDot, dotSlices } from '../kernels/matrix'

/** Records Σᵢ a[i, j]·b[i, j] of every column of a, b [rows, columns]; read the result with `readColumnSums`. */
export function recordColumnSums(gpu: Gpu, rec: Recorder, a: Tensor, b: Tensor): Tensor {
  const [rows = 0, columns = 0] = a.shape
  const sums = gpu.alloc([dotSlices(rows), columns], 'f32', 'column sums')
  rec.run(columnDot, { a, b, sums }, { rows, columns })
  return sums
}

/** The sums [columns] of each in float64, from float32 sums over slices of the rows; frees the tensors at once. */
export async function readColumnSums(gpu: Gpu, sums: readonly Tensor[]): Promise<Float64Array<ArrayBuffer>[]> {
  const reading = gpu.read(...sums)
  gpu.free(...sums)
  return (await reading).map((values, i) => folded(new Float32Array(values), sums[i]!.shape))
}

function folded(values: Float32Array, [slices = 0, columns = 0]: readonly number[]): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(columns)
  for (let s = 0; s < slices; s++) for (let j = 0; j < columns; j++) sums[j]! += values[s * columns + j]!
  return sums
}

export const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

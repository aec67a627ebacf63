import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { columnSums } from '../../kernels/bias-relu'
import { columnDot, dotSlices } from '../../kernels/matrix'
import { recordDiagonal } from '../../linalg/hessian'
import type { Panels } from '../../linalg/panels'

/** The matrices of one layer, columns in original order. */
export interface LayerMatrices {
  /** W [rows, n] */
  readonly weights: Tensor
  /** H [n, n], full and symmetric, without damping; a column without input has H_jj = 0. */
  readonly hessian: Panels
  /** U [n, n], upper triangular with zeros below, (H + λI)⁻¹ = UᵀU. */
  readonly upper: Panels
}

/** One number a column, on the host. */
export interface ColumnStatistics {
  /** Standard deviation over all weights of the layer; 0 when they are all the same. */
  readonly deviation: number
  /** ‖w_j‖² */
  readonly squares: Float64Array
  /** H_jj, 1 where no input ever came. */
  readonly hessian: Float64Array
  /** U_jj */
  readonly factor: Float64Array
}

/** A variance below this part of the mean square is what float32 sums leave of equal weights. */
const EXACT = 1e-6

/** Reads back what features, adjacency and saliency need of each column. */
export async function columnStatistics(
  gpu: Gpu,
  { weights, hessian, upper }: LayerMatrices,
): Promise<ColumnStatistics> {
  const [rows, columns] = weights.shape as [number, number]
  const slices = dotSlices(rows)
  const tensors = {
    sums: gpu.alloc([columns]),
    squares: gpu.alloc([slices, columns]),
    hessian: gpu.alloc([columns]),
    factor: gpu.alloc([columns]),
  }
  const rec = gpu.record()
  rec.run(columnSums, { d: weights, sums: tensors.sums }, { rows, columns, accumulate: false })
  rec.run(columnDot, { a: weights, b: weights, sums: tensors.squares }, { rows, columns })
  recordDiagonal(rec, hessian, columns, tensors.hessian)
  recordDiagonal(rec, upper, columns, tensors.factor)
  await gpu.submit(rec)
  const [sums, partial, diagonalH, factor] = await Promise.all(Object.values(tensors).map((t) => gpu.readF32(t)))
  gpu.free(...Object.values(tensors))

  const squares = new Float64Array(columns)
  partial!.forEach((value, i) => {
    squares[i % columns]! += value
  })
  const mean = total(sums!) / (rows * columns)
  const meanSquare = total(squares) / (rows * columns)
  const variance = meanSquare - mean * mean
  return {
    deviation: variance > EXACT * meanSquare ? Math.sqrt(variance) : 0,
    squares,
    hessian: Float64Array.from(diagonalH!, (value) => (value === 0 ? 1 : value)),
    factor: Float64Array.from(factor!),
  }
}

const total = (values: Float32Array | Float64Array): number => {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

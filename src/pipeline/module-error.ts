import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { columnDot, subtract } from '../kernels/matrix'
import type { ModuleError } from './records'

export interface ErrorLanes extends ModuleError {
  /** Σ over rows of (w − ŵ)² of every column. */
  readonly columns: Float32Array<ArrayBuffer>
}

/**
 * What quantization did to a linear: ‖W − Ŵ‖²/‖W‖² and, with H, the error of its output over the calibration data,
 * tr(D H Dᵀ)/tr(W H Wᵀ). Column sums come from the GPU in float32, their totals are taken in float64.
 *
 * @param w, wHat [out, in]
 * @param h [in, in], both triangles, or null without calibration
 */
export async function moduleError(gpu: Gpu, w: Tensor, wHat: Tensor, h: Tensor | null): Promise<ErrorLanes> {
  const [rows = 0, columns = 0] = w.shape
  const d = gpu.alloc(w.shape, 'f32', 'difference')
  const product = h ? gpu.alloc(w.shape, 'f32', 'difference times hessian') : undefined
  const sums = Array.from({ length: h ? 4 : 2 }, () => gpu.alloc([columns]))
  const [dd, ww, dhd, whw] = sums as [Tensor, Tensor, Tensor?, Tensor?]
  const rec = gpu.record()
  rec.run(subtract, { a: w, b: wHat, d }, { count: elements(w.shape) })
  rec.run(columnDot, { a: d, b: d, sums: dd }, { rows, columns })
  rec.run(columnDot, { a: w, b: w, sums: ww }, { rows, columns })
  if (h && product) {
    quadratic(rec, d, h, product, dhd!)
    quadratic(rec, w, h, product, whw!)
  }
  await gpu.submit(rec)
  const lanes = await Promise.all(sums.map((tensor) => gpu.readF32(tensor)))
  gpu.free(d, product, ...sums)
  const [dTotal, wTotal, dhdTotal, whwTotal] = lanes.map(total) as [number, number, number?, number?]
  return {
    weight: ratio(dTotal, wTotal),
    // rounding may leave a vanishing sum a little below zero
    output: h ? Math.max(0, ratio(dhdTotal!, whwTotal!)) : null,
    columns: lanes[0]!,
  }
}

/** sums[j] = Σᵢ a[i, j]·(a·h)[i, j]; their total is tr(a h aᵀ). */
function quadratic(rec: Recorder, a: Tensor, h: Tensor, product: Tensor, sums: Tensor): void {
  const [rows = 0, columns = 0] = a.shape
  matmul(rec, { a, b: h, c: product, m: rows, n: columns, k: columns })
  rec.run(columnDot, { a, b: product, sums }, { rows, columns })
}

const total = (lane: Float32Array): number => lane.reduce((sum, value) => sum + value, 0)

/** A zero matrix has no relative error unless it was changed. */
const ratio = (part: number, whole: number): number =>
  whole === 0 ? (part === 0 ? 0 : Number.POSITIVE_INFINITY) : part / whole

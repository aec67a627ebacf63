import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { subtract } from '../kernels/matrix'
import { type Later, later } from '../later'
import { readColumnSums, recordColumnSums, total } from '../linalg/column-sums'
import { recordTimesPanels } from '../linalg/panel-products'
import type { Panels } from '../linalg/panels'
import type { ModuleError } from '../records'

export interface ErrorLanes extends ModuleError {
  /** Σ over rows of (w − ŵ)² of every column. */
  readonly columns: Float32Array<ArrayBuffer>
  /** ‖w‖ of every original column. */
  readonly norms: Float32Array<ArrayBuffer>
}

/**
 * Records what quantization did to a linear: ‖W − Ŵ‖²/‖W‖² and, with H, the error of its output over the calibration data,
 * tr(D H Dᵀ)/tr(W H Wᵀ). Sums over slices of rows come from the GPU in float32, their totals are taken in float64 by
 * `readModuleError`.
 *
 * @param w, wHat [out, in]
 * @param h [in, in], both triangles, or null without calibration
 */
export function recordModuleError(gpu: Gpu, rec: Recorder, w: Tensor, wHat: Tensor, h: Panels | null): Tensor[] {
  const d = gpu.alloc(w.shape, 'f32', 'difference')
  const product = h ? gpu.alloc(w.shape, 'f32', 'difference times hessian') : undefined
  rec.run(subtract, { a: w, b: wHat, d }, { count: elements(w.shape) })
  const sums = [recordColumnSums(gpu, rec, d, d), recordColumnSums(gpu, rec, w, w)]
  if (h && product) {
    for (const a of [d, w]) {
      // Σ over columns of a∘(a·H) is tr(a H aᵀ)
      recordTimesPanels(rec, { a, panels: h, c: product })
      sums.push(recordColumnSums(gpu, rec, a, product))
    }
  }
  gpu.free(d, product)
  return sums
}

/** What was recorded, once it has been submitted; the result comes when the GPU is there. */
export const readModuleError = (gpu: Gpu, sums: readonly Tensor[]): Later<ErrorLanes> =>
  later(readColumnSums(gpu, sums).then((read) => lanesOf(read as Sums)))

type Columns = Float64Array<ArrayBuffer>
type Sums = [dd: Columns, ww: Columns, dhd?: Columns, whw?: Columns]

function lanesOf([dd, ww, dhd, whw]: Sums): ErrorLanes {
  return {
    weight: ratio(total(dd), total(ww)),
    // rounding may leave a vanishing sum a little below zero
    output: dhd && whw ? Math.max(0, ratio(total(dhd), total(whw))) : null,
    columns: Float32Array.from(dd),
    norms: Float32Array.from(ww, Math.sqrt),
  }
}

/** A zero matrix has no relative error unless it was changed. */
const ratio = (part: number, whole: number): number =>
  whole === 0 ? (part === 0 ? 0 : Number.POSITIVE_INFINITY) : part / whole

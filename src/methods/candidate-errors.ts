import type { Width } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { candidateErrors, errorSlices } from '../kernels/mixed'
import { GPTQ_BLOCK } from '../kernels/quantize'
import { originalOrder, uniformLayout } from './mixed-layout'
import { allocRanges, freeRanges, type RangeOptions, recordFindRange } from './mixed-ranges'

export interface CandidateOptions extends RangeOptions {
  /** Widths that every column might get. */
  readonly widths: readonly Width[]
  /**
   * What becomes of the errors E_k = W − Q_k(W): dropped; kept, f32 [K, out, in]; or S·E_k for S f32 [r, out], which needs
   * only a panel of rows of E_k at a time, f32 [K, r, in].
   */
  readonly errors: 'drop' | 'keep' | { readonly project: Tensor }
  /** f32 [out]: weight of each row's squared errors in the table; all 1 when missing. */
  readonly rowWeights?: Tensor
  /** Bytes that a panel of errors may take where they are not kept. */
  readonly panelBytes?: number
}

export interface CandidateErrors {
  readonly errors: Tensor | null
  /** f32 [K, in]: Σᵣ ωᵣ·E_k[r, j]². */
  readonly table: Tensor
}

const PANEL_BYTES = 64 * 2 ** 20

/** Rows whose errors are there at a time where they are not kept. */
export const panelRows = (rows: number, columns: number, bytes = PANEL_BYTES): number =>
  Math.min(rows, Math.max(1, Math.floor(bytes / (4 * columns))))

/**
 * What every column of `weight` [out, in] would lose at every candidate width, without compensation. Ranges belong to a
 * row × 128 columns in original order; without a search they are the ends for every width of at least 2 bits.
 * The caller frees the results.
 */
export function recordCandidateErrors(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  options: CandidateOptions,
): CandidateErrors {
  const [rows = 0, columns = 0] = weight.shape
  const { widths, errors: kept } = options
  const all = widths.length
  const project = typeof kept === 'object' ? kept.project : null
  const projected = project?.shape[0] ?? 0
  const step = kept === 'keep' ? rows : panelRows(rows, columns, options.panelBytes)

  const result = kept === 'drop' ? null : gpu.alloc([all, project ? projected : rows, columns], 'f32', 'errors')
  const panel = kept === 'keep' ? result! : gpu.alloc([step, columns], 'f32', 'panel of errors')
  const table = gpu.alloc([all, columns], 'f32', 'squared errors')
  const sums = gpu.alloc([errorSlices(step), columns])
  const ones = gpu.alloc([rows])
  rec.write(ones, new Float32Array(rows).fill(1))
  const emphasis = options.rowWeights ?? ones
  const candidates = widths.map((bits) =>
    allocRanges(gpu, rec, rows, uniformLayout(columns, bits, GPTQ_BLOCK), originalOrder(columns)),
  )

  candidates.forEach((tensors, k) => {
    const { columns: places, lows, ranges, layout } = tensors
    recordFindRange(rec, weight, tensors, options)
    for (let firstRow = 0; firstRow < rows; firstRow += step) {
      const count = Math.min(step, rows - firstRow)
      rec.run(
        candidateErrors,
        { w: weight, columns: places, lows, ranges, emphasis, errors: panel, sums },
        { firstRow, rows: count, columns, groups: layout.groups, errorRow: kept === 'keep' ? k * rows : 0 },
      )
      const cOffset = k * columns
      const accumulate = firstRow > 0
      matmul(rec, { a: ones, b: sums, c: table, m: 1, n: columns, k: errorSlices(count), cOffset, accumulate })
      if (project && result)
        matmul(rec, {
          ...{ a: project, b: panel, c: result, m: projected, n: columns, k: count, lda: rows, aOffset: firstRow },
          ...{ cOffset: cOffset * projected, accumulate },
        })
    }
    freeRanges(gpu, tensors)
  })
  gpu.free(sums, ones, kept === 'keep' ? undefined : panel)
  return { errors: result, table }
}

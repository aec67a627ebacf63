import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { GPTQ_BLOCK, gatherColumns } from '../kernels/quantize'
import { asPanels, panelWith } from '../linalg/panels'
import type { PanelledFactor } from './factor'

/** What is done to a block of columns: `w` [out, in] and `errors` [out, GPTQ_BLOCK] are in quantization order. */
export interface ColumnBlock {
  readonly w: Tensor
  readonly errors: Tensor
  readonly first: number
  readonly count: number
  /** What holds the rows of U that belong to them, and which of its rows is the first of them. */
  readonly u: { readonly tensor: Tensor; readonly row: number }
}

/**
 * GPTQ's loop over blocks of columns: each is rounded by what `round` records, and one product pushes its errors to the columns
 * behind it.
 *
 * @param block columns at once, at most GPTQ_BLOCK
 */
export function recordColumns(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  { upper, order, diagonal }: Pick<PanelledFactor, 'upper' | 'order' | 'diagonal'>,
  block: number,
  round: (columns: ColumnBlock) => void,
): void {
  const [rows = 0, columns = 0] = weight.shape
  const w = gpu.alloc([rows, columns], 'f32', 'working weights')
  const errors = gpu.alloc([rows, GPTQ_BLOCK], 'f32', 'errors')
  rec.run(gatherColumns, { a: weight, order, diagonal, b: w }, { rows, columns })
  const panels = asPanels(upper)
  for (let first = 0; first < columns; first += block) {
    const count = Math.min(block, columns - first)
    const behind = first + count
    const panel = panelWith(panels, first)
    const u = { tensor: panel.tensor, row: first - panel.first }
    round({ w, errors, first, count, u })
    // W[:, behind:] −= E·U[first:behind, behind:]
    matmul(rec, {
      ...{ a: errors, b: u.tensor, c: w, m: rows, n: columns - behind, k: count },
      ...{ lda: GPTQ_BLOCK, ldb: columns, ldc: columns, bOffset: u.row * columns + behind, cOffset: behind },
      ...{ alpha: -1, accumulate: true },
    })
  }
  gpu.free(w, errors)
}

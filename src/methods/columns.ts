import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import { GPTQ_BLOCK, gatherColumns } from '../kernels/quantize'
import { panelWith } from '../linalg/panels'
import type { Factor } from './factor'

/** What is done to a block of columns: `w` [out, in] and `errors` [out, GPTQ_BLOCK] are in quantization order. */
export interface ColumnBlock {
  readonly w: Tensor
  readonly errors: Tensor
  readonly first: number
  readonly count: number
  /** Holds the rows of U that belong to them, from row `uRow` on. */
  readonly u: Tensor
  readonly uRow: number
}

/**
 * GPTQ's loop over blocks of columns: each is rounded by what `round` records, and one product pushes its errors to the columns
 * behind it.
 *
 * @param block columns at once: 32, 64 or 128 = GPTQ_BLOCK, so that no block lies in two panels
 * @param prepare records what is done to the weights before the first block is rounded
 */
export function recordColumns(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  { upper, order, diagonal }: Pick<Factor, 'upper' | 'order' | 'diagonal'>,
  block: number,
  round: (columns: ColumnBlock) => void,
  prepare: (w: Tensor) => void = () => {},
): void {
  const [rows = 0, columns = 0] = weight.shape
  const w = gpu.alloc([rows, columns], 'f32', 'working weights')
  const errors = gpu.alloc([rows, GPTQ_BLOCK], 'f32', 'errors')
  rec.run(gatherColumns, { a: weight, order, diagonal, b: w }, { rows, columns })
  prepare(w)
  for (let first = 0; first < columns; first += block) {
    const count = Math.min(block, columns - first)
    const behind = first + count
    const panel = panelWith(upper, first)
    const [u, uRow] = [panel.tensor, first - panel.first]
    round({ w, errors, first, count, u, uRow })
    // W[:, behind:] −= E·U[first:behind, behind:]
    matmul(rec, {
      ...{ a: errors, b: u, c: w, m: rows, n: columns - behind, k: count },
      ...{ lda: GPTQ_BLOCK, ldb: columns, ldc: columns, bOffset: uRow * columns + behind, cOffset: behind },
      ...{ alpha: -1, accumulate: true },
    })
  }
  gpu.free(w, errors)
}

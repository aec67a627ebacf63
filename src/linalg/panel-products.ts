import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { type MatmulOptions, matmul } from '../kernels/gemm'
import type { Panels } from './panels'

interface PanelProduct {
  /** M [n, n]. */
  readonly panels: Panels
  readonly c: Tensor
  readonly transpose?: boolean
  readonly alpha?: number
  /** Adds to what C holds. */
  readonly accumulate?: boolean
  readonly gpu?: MatmulOptions['gpu']
}

interface TimesPanels extends PanelProduct {
  readonly a: Tensor
}

interface PanelsTimes extends PanelProduct {
  readonly b: Tensor
  /** 'upper' where M holds zeros below its diagonal, which are then skipped. */
  readonly triangle?: 'upper' | undefined
}

/** C [m, n] (+)= alpha · A · op(M), A [m, n], M in panels: one panel is one product, several are one each. */
export function recordTimesPanels(
  rec: Recorder,
  { a, panels, c, transpose = false, accumulate = false, ...rest }: TimesPanels,
): void {
  const [m = 0, n = 0] = a.shape
  for (const { tensor: b, first, count } of panels)
    if (transpose)
      matmul(rec, { ...rest, a, b, c, m, n: count, k: n, transB: true, ldc: n, cOffset: first, accumulate })
    else matmul(rec, { ...rest, a, b, c, m, n, k: count, lda: n, aOffset: first, accumulate: accumulate || first > 0 })
}

/** C [n, w] (+)= alpha · op(M) · B, B [n, w], M in panels. */
export function recordPanelsTimes(
  rec: Recorder,
  { panels, b, c, transpose = false, triangle, accumulate = false, ...rest }: PanelsTimes,
): void {
  const [n = 0, width = 0] = b.shape
  if (panels.length === 1) {
    const flipped = triangle && transpose ? 'lower' : triangle
    const a = panels[0]!.tensor
    matmul(rec, { ...rest, a, b, c, m: n, n: width, k: n, transA: transpose, triangle: flipped, accumulate })
    return
  }
  for (const { tensor: a, first, count } of panels) {
    // columns before the panel's first row hold zeros
    const from = triangle ? first : 0
    const [rows, columns] = [first * width, from * width]
    const shape = { ...rest, a, b, c, n: width, lda: n, aOffset: from }
    if (transpose)
      matmul(rec, {
        ...{ ...shape, m: n - from, k: count, transA: true, bOffset: rows, cOffset: columns },
        ...{ accumulate: accumulate || first > 0 },
      })
    else matmul(rec, { ...shape, m: count, k: n - from, bOffset: columns, cOffset: rows, accumulate })
  }
}

import { recordPanelsTimes } from '../../linalg/panel-products'
import type { Panels } from '../../linalg/panels'
import type { Tape, Variable } from '../tape'

/** alpha · M · b [n, w] of a constant M [n, n]; `triangle` where nothing is below its diagonal, zeros in memory. */
export function panelProduct(
  tape: Tape,
  panels: Panels,
  b: Variable,
  options: { readonly alpha: number; readonly triangle: 'upper' | undefined },
): Variable {
  const { gpu, rec } = tape
  const c = gpu.alloc(b.value.shape, 'f32', 'product')
  recordPanelsTimes(rec, { ...options, gpu, panels, b: b.value, c })
  return tape.node(c, [b], (gradient) =>
    tape.into(b, (d, accumulate) =>
      recordPanelsTimes(rec, { ...options, gpu, panels, b: gradient, c: d, transpose: true, accumulate }),
    ),
  )
}

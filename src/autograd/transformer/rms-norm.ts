import { elements } from '../../gpu/tensor'
import { columnSums } from '../../kernels/bias-relu'
import { columnDot, dotSlices } from '../../kernels/matrix'
import { rmsNorm as forward } from '../../kernels/rms-norm'
import { rmsNormBackward } from '../../kernels/rms-norm-backward'
import type { Tape, Variable } from '../tape'

/**
 * y = x / sqrt(mean(x²) + eps) · (w + offset), row by row of `hidden` numbers; gradients to x and to w [hidden]. A row of x's
 * shape may be several, as heads are.
 */
export function rmsNorm(tape: Tape, x: Variable, w: Variable, eps: number, offset = 0): Variable {
  const { gpu, rec } = tape
  const hidden = elements(w.value.shape)
  const rows = elements(x.value.shape) / hidden
  const shape = { rows, hidden, eps, offset }
  const y = gpu.alloc(x.value.shape, 'f32', 'norm')
  rec.run(forward(rec.traits.software), { x: x.value, w: w.value, y }, shape)

  return tape.node(y, [x, w], (dy) => {
    tape.into(x, (dx, accumulate) =>
      rec.run(rmsNormBackward(rec.traits.software), { x: x.value, w: w.value, dy, dx }, { ...shape, accumulate }),
    )
    tape.into(w, (dw, accumulate) => {
      // dw = Σ dy·x·r, and x·r is what the norm gives under weights of one
      const ones = gpu.alloc([hidden], 'f32', 'ones')
      const normed = gpu.alloc(x.value.shape, 'f32', 'norm')
      const sums = gpu.alloc([dotSlices(rows), hidden], 'f32', 'column sums')
      rec.write(ones, new Float32Array(hidden).fill(1))
      rec.run(forward(rec.traits.software), { x: x.value, w: ones, y: normed }, { rows, hidden, eps })
      rec.run(columnDot, { a: dy, b: normed, sums }, { rows, columns: hidden })
      rec.run(columnSums, { d: sums, sums: dw }, { rows: dotSlices(rows), columns: hidden, accumulate })
      gpu.free(ones, normed, sums)
    })
  })
}

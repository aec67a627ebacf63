import { invariant } from '../../errors'
import { layerNorm as forward } from '../../kernels/layer-norm'
import { layerNormBackward } from '../../kernels/layer-norm-backward'
import type { Tape, Variable } from '../tape'

/** y [rows, hidden] = (x − mean) / sqrt(variance + eps) · w + b; a gradient to x, w and b [hidden] are frozen. */
export function layerNorm(tape: Tape, x: Variable, w: Variable, b: Variable, eps: number): Variable {
  invariant(!w.learns && !b.learns, 'the weights of a layer norm are asked to learn')
  const { gpu, rec } = tape
  const [rows = 0, hidden = 0] = x.value.shape
  const { software } = rec.traits
  const y = gpu.alloc(x.value.shape, 'f32', 'norm')
  rec.run(forward(software), { x: x.value, w: w.value, b: b.value, y }, { rows, hidden, eps })
  return tape.node(y, [x], (dy) =>
    tape.into(x, (dx, accumulate) =>
      rec.run(layerNormBackward(software), { x: x.value, w: w.value, dy, dx }, { rows, hidden, eps, accumulate }),
    ),
  )
}

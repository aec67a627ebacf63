import { elements } from '../../gpu/tensor'
import { add } from '../../kernels/add'
import type { Tape, Variable } from '../tape'

/** a + b of the same shape: the gradient goes to both as it is. */
export function residual(tape: Tape, a: Variable, b: Variable): Variable {
  const { gpu, rec } = tape
  const count = elements(a.value.shape)
  const y = gpu.alloc(a.value.shape, 'f32', 'residual')
  rec.copy(a.value, y)
  rec.run(add, { y, x: b.value }, { count })
  return tape.node(y, [a, b], (dy) => {
    for (const variable of [a, b])
      tape.into(variable, (gradient, accumulate) => {
        if (accumulate) rec.run(add, { y: gradient, x: dy }, { count })
        else rec.copy(dy, gradient)
      })
  })
}

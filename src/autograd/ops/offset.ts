import { elements, type Tensor } from '../../gpu/tensor'
import { add } from '../../kernels/add'
import type { Tape, Variable } from '../tape'

/** x + c for a constant c of the same shape. */
export function offset(tape: Tape, x: Variable, c: Tensor): Variable {
  const { gpu, rec } = tape
  const count = elements(c.shape)
  const y = gpu.alloc(x.value.shape)
  rec.copy(c, y)
  rec.run(add, { y, x: x.value }, { count })
  return tape.node(y, [x], (g) =>
    tape.into(x, (d, accumulate) => {
      if (accumulate) rec.run(add, { y: d, x: g }, { count })
      else rec.copy(g, d)
    }),
  )
}

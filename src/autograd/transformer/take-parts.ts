import { type Parts, putParts, takeParts as take } from '../../kernels/take-parts'
import type { Tape, Variable } from '../tape'

/** Some columns of x [rows, columns] in a tensor of their own; their gradients go back to their places. */
export function takeParts(tape: Tape, x: Variable, parts: Parts): Variable {
  const { gpu, rec } = tape
  const [rows = 0, columns = 0] = x.value.shape
  const shape = { rows, columns, ...parts }
  const y = gpu.alloc([rows, parts.pieces * parts.width], 'f32', 'part of a linear')
  rec.run(take, { x: x.value, y }, shape)
  return tape.node(y, [x], (dy) =>
    tape.into(x, (dx, accumulate) => {
      if (!accumulate) rec.clear(dx)
      rec.run(putParts, { y: dy, x: dx }, shape)
    }),
  )
}

import { elements } from '../../gpu/tensor'
import { gelu as forward, type Gelu, geluMul as gated } from '../../kernels/gelu'
import { geluBackward, geluMulBackward } from '../../kernels/gelu-backward'
import type { Tape, Variable } from '../tape'
import { share } from './share'

/** gelu(x), element by element. */
export function gelu(tape: Tape, x: Variable, kind: Gelu): Variable {
  const { gpu, rec } = tape
  const count = elements(x.value.shape)
  const y = gpu.alloc(x.value.shape, 'f32', 'activated')
  rec.copy(x.value, y)
  rec.run(forward[kind], { x: y }, { count })
  return tape.node(y, [x], (dm) =>
    share(tape, x, (dx) => rec.run(geluBackward[kind], { x: x.value, dm, dx }, { count })),
  )
}

/** gelu(gate) · up, element by element; gradients to both. */
export function geluMul(tape: Tape, gate: Variable, up: Variable, kind: Gelu): Variable {
  const { gpu, rec } = tape
  const count = elements(gate.value.shape)
  const y = gpu.alloc(gate.value.shape, 'f32', 'gated')
  rec.copy(gate.value, y)
  rec.run(gated[kind], { x: y, up: up.value }, { count })
  return tape.node(y, [gate, up], (dm) =>
    share(tape, gate, (dx) =>
      share(tape, up, (dup) => rec.run(geluMulBackward[kind], { x: gate.value, up: up.value, dm, dx, dup }, { count })),
    ),
  )
}

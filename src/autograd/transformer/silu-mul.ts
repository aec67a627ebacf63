import { elements } from '../../gpu/tensor'
import { siluMul as forward } from '../../kernels/silu-mul'
import { siluMulBackward } from '../../kernels/silu-mul-backward'
import type { Tape, Variable } from '../tape'
import { share } from './share'

/** silu(gate) · up, element by element; gradients to both. */
export function siluMul(tape: Tape, gate: Variable, up: Variable): Variable {
  const { gpu, rec } = tape
  const count = elements(gate.value.shape)
  const y = gpu.alloc(gate.value.shape, 'f32', 'gated')
  rec.copy(gate.value, y)
  rec.run(forward, { gate: y, up: up.value }, { count })
  return tape.node(y, [gate, up], (dm) =>
    share(tape, gate, (dgate) =>
      share(tape, up, (dup) => rec.run(siluMulBackward, { gate: gate.value, up: up.value, dm, dgate, dup }, { count })),
    ),
  )
}

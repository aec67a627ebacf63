import { elements, type Tensor } from '../../gpu/tensor'
import { add } from '../../kernels/add'
import type { Tape, Variable } from '../tape'

/**
 * Calls `write` once with a tensor to store an operation's whole share of the gradient of `variable` into: the gradient
 * itself, or scratch that is added to it, or scratch that is thrown away where the variable does not learn. For
 * kernels that cannot add to what is there, or give several gradients at once (nest the calls).
 */
export function share(tape: Tape, variable: Variable, write: (target: Tensor) => void): void {
  const { gpu, rec } = tape
  const inScratch = (use?: (scratch: Tensor) => void) => {
    const scratch = gpu.alloc(variable.value.shape, 'f32', 'gradient share')
    write(scratch)
    use?.(scratch)
    gpu.free(scratch)
  }
  if (!variable.learns) inScratch()
  tape.into(variable, (gradient, accumulate) => {
    if (!accumulate) write(gradient)
    else inScratch((scratch) => rec.run(add, { y: gradient, x: scratch }, { count: elements(gradient.shape) }))
  })
}

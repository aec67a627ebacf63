import { invariant } from '../../errors'
import { sumNorm as kernel, sumNormGradient } from '../../kernels/sum-norm'
import type { Tape, Variable } from '../tape'

/**
 * The residual a + b and the RMS-norm without weights after it: s / sqrt(mean(s²) + eps) a row, [rows, hidden]. Both
 * must learn.
 */
export function sumNorm(tape: Tape, a: Variable, b: Variable, eps: number): Variable {
  invariant(a !== b && a.learns && b.learns, 'sum norm of two that learn')
  const y = tape.gpu.alloc(a.value.shape, 'f32', 'sum norm')
  const [rows, hidden] = y.shape as [number, number]
  const shape = { rows, hidden, eps }
  tape.rec.run(kernel, { a: a.value, b: b.value, y }, shape)
  return tape.node(y, [a, b], (g) =>
    tape.into(a, (da, accumulateA) =>
      tape.into(b, (db, accumulateB) =>
        tape.rec.run(sumNormGradient, { a: a.value, b: b.value, g, da, db }, { ...shape, accumulateA, accumulateB }),
      ),
    ),
  )
}

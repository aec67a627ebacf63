import { type GumbelDraw, gumbelChoice, gumbelGradient } from '../../kernels/gumbel'
import type { Tape, Variable } from '../tape'

/**
 * Straight-through Gumbel-Softmax (Jang et al. 2017) over the rows of logits [rows, choices]: the value is the one-hot
 * argmax of logits + noise·G, the gradient that of softmax((logits + noise·G)/τ).
 */
export function gumbelSoftmax(tape: Tape, logits: Variable, draw: GumbelDraw): Variable {
  const p = tape.gpu.alloc(logits.value.shape, 'f32', 'choice')
  const [rows, choices] = p.shape as [number, number]
  const shape = { ...draw, rows, choices }
  tape.rec.run(gumbelChoice, { logits: logits.value, p }, { ...shape, accumulate: false })
  return tape.node(p, [logits], (g) =>
    tape.into(logits, (d, accumulate) =>
      tape.rec.run(gumbelGradient, { logits: logits.value, g, d }, { ...shape, accumulate }),
    ),
  )
}

import type { Tensor } from '../../gpu/tensor'
import { bias as addBias } from '../../kernels/bias'
import { columnSums } from '../../kernels/bias-relu'
import { product, productGradients } from '../ops/matmul'
import type { Tape, Variable } from '../tape'

export interface LinearOptions {
  /** [out] */
  readonly bias?: Variable | null
  /** Called while the tape runs backward with dLoss/dy [tokens, out], complete and alive, to record commands on it. */
  readonly onOutputGradient?: (gradient: Tensor) => void
}

/**
 * y [tokens, out] = x Wᵀ + b with x [tokens, in] and W [out, in] as checkpoints store it; backward
 * dx = dy W, dW = dyᵀ x, db = Σ dy over the tokens.
 */
export function linear(tape: Tape, x: Variable, w: Variable, { bias, onOutputGradient }: LinearOptions = {}): Variable {
  const y = product(tape, x, w, { transB: true })
  const [rows = 0, columns = 0] = y.shape
  if (bias) tape.rec.run(addBias, { y, b: bias.value }, { row: 0, rows, columns })

  return tape.node(y, bias ? [x, w, bias] : [x, w], (dy) => {
    onOutputGradient?.(dy)
    productGradients(tape, x, w, dy, { transB: true })
    if (bias)
      tape.into(bias, (db, accumulate) => tape.rec.run(columnSums, { d: dy, sums: db }, { rows, columns, accumulate }))
  })
}

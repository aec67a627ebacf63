import type { Tensor } from '../../gpu/tensor'
import { bias as addBias } from '../../kernels/bias'
import { columnSums } from '../../kernels/bias-relu'
import { matmul } from '../../kernels/gemm'
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
  const { gpu, rec } = tape
  const [tokens = 0] = x.value.shape
  const [out = 0, inputs = 0] = w.value.shape
  const y = gpu.alloc([tokens, out], 'f32', 'linear')
  matmul(rec, { a: x.value, b: w.value, c: y, m: tokens, n: out, k: inputs, transB: true })
  if (bias) rec.run(addBias, { y, b: bias.value }, { row: 0, rows: tokens, columns: out })

  return tape.node(y, bias ? [x, w, bias] : [x, w], (dy) => {
    onOutputGradient?.(dy)
    tape.into(x, (dx, accumulate) =>
      matmul(rec, { a: dy, b: w.value, c: dx, m: tokens, n: inputs, k: out, accumulate }),
    )
    tape.into(w, (dw, accumulate) =>
      matmul(rec, { a: dy, b: x.value, c: dw, m: out, n: inputs, k: tokens, transA: true, accumulate }),
    )
    if (bias)
      tape.into(bias, (db, accumulate) =>
        rec.run(columnSums, { d: dy, sums: db }, { rows: tokens, columns: out, accumulate }),
      )
  })
}

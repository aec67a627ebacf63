import { bias as biasKernel } from '../../kernels/bias'
import { biasRelu, columnSums, reluColumnSums, reluGradient, relu as reluKernel } from '../../kernels/bias-relu'
import type { Tape, Variable } from '../tape'
import { product, productGradients } from './matmul'

export interface LinearOptions {
  readonly bias?: Variable
  readonly relu?: boolean
}

/** x [rows, in] · w [in, out] + bias [out], then max(0, ·) when `relu` is set. */
export function linear(tape: Tape, x: Variable, w: Variable, options: LinearOptions = {}): Variable {
  const { bias, relu = false } = options
  const y = product(tape, x, w)
  const [rows, columns] = y.shape as [number, number]
  const shape = { rows, columns }
  if (bias && relu) tape.rec.run(biasRelu, { y, b: bias.value }, shape)
  else if (bias) tape.rec.run(biasKernel, { y, b: bias.value }, { ...shape, row: 0 })
  else if (relu) tape.rec.run(reluKernel, { y }, shape)

  return tape.node(y, bias ? [x, w, bias] : [x, w], (d) => {
    // d is this node's own: turned in place into the gradient before relu
    if (relu && !bias?.learns) tape.rec.run(reluGradient, { d, y }, { count: rows * columns })
    if (bias)
      tape.into(bias, (sums, accumulate) =>
        relu
          ? tape.rec.run(reluColumnSums, { d, y, sums }, { ...shape, accumulate })
          : tape.rec.run(columnSums, { d, sums }, { ...shape, accumulate }),
      )
    productGradients(tape, x, w, d)
  })
}

import { invariant } from '../../errors'
import * as gemm from '../../kernels/gemm'
import type { Tape, Variable } from '../tape'

export interface MatmulOptions {
  /** a is stored [k, m]. */
  readonly transA?: boolean
  /** b is stored [n, k]. */
  readonly transB?: boolean
  readonly alpha?: number
}

const dims = (variable: Variable, transposed: boolean): [rows: number, columns: number] => {
  const [rows, columns] = variable.value.shape as [number, number]
  return transposed ? [columns, rows] : [rows, columns]
}

/** alpha · op(a) [m, k] · op(b) [k, n]. */
export function matmul(tape: Tape, a: Variable, b: Variable, options: MatmulOptions = {}): Variable {
  const c = product(tape, a, b, options)
  return tape.node(c, [a, b], (gradient) => productGradients(tape, a, b, gradient, options))
}

/** The product of `matmul` as a tensor that nobody owns yet. */
export function product(tape: Tape, a: Variable, b: Variable, options: MatmulOptions = {}) {
  const { transA = false, transB = false } = options
  const [m, k] = dims(a, transA)
  const [inner, n] = dims(b, transB)
  invariant(k === inner, () => `matmul of [${a.value.shape}] and [${b.value.shape}]`)
  const c = tape.gpu.alloc([m, n], 'f32', 'product')
  gemm.matmul(tape.rec, { ...options, gpu: tape.gpu, a: a.value, b: b.value, c, m, n, k })
  return c
}

/** Adds to the gradients of a and b what `gradient` = dL/d(alpha · op(a) · op(b)) [m, n] sends back. */
export function productGradients(
  tape: Tape,
  a: Variable,
  b: Variable,
  gradient: Variable['value'],
  { transA = false, transB = false, alpha = 1 }: MatmulOptions = {},
): void {
  const { gpu, rec } = tape
  const [m, k] = dims(a, transA)
  const [, n] = dims(b, transB)
  tape.into(a, (c, accumulate) =>
    transA
      ? gemm.matmul(rec, {
          gpu,
          a: b.value,
          b: gradient,
          c,
          m: k,
          n: m,
          k: n,
          transA: transB,
          transB: true,
          alpha,
          accumulate,
        })
      : gemm.matmul(rec, { gpu, a: gradient, b: b.value, c, m, n: k, k: n, transB: !transB, alpha, accumulate }),
  )
  tape.into(b, (c, accumulate) =>
    transB
      ? gemm.matmul(rec, {
          gpu,
          a: gradient,
          b: a.value,
          c,
          m: n,
          n: k,
          k: m,
          transA: true,
          transB: transA,
          alpha,
          accumulate,
        })
      : gemm.matmul(rec, {
          gpu,
          ...{ a: a.value, b: gradient, c, m: k, n, k: m, transA: !transA, alpha, accumulate },
        }),
  )
}

import { linear } from '../../autograd/ops/linear'
import { panelProduct } from '../../autograd/ops/panel-product'
import { sumNorm } from '../../autograd/ops/sum-norm'
import { type InitialParameter, Parameters } from '../../autograd/parameters'
import type { Tape, Variable } from '../../autograd/tape'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import type { Panels } from '../../linalg/panels'
import { randomFrom } from '../../random'

/** How columns hear of each other: A = scale · matrix. */
export interface Adjacency {
  /** [n, n] */
  readonly matrix: Panels
  readonly scale: number
  /** Whether only the upper half holds something. */
  readonly triangle: 'upper' | undefined
}

export interface NetworkShape {
  /** Features of a column. */
  readonly features: number
  readonly hidden: number
  /** Candidate widths. */
  readonly choices: number
  /** Starts with logits of 0, for a network that corrects what is known. */
  readonly silent?: boolean
}

/** Under the root of the norm over a column's hidden features. */
const EPS = 1e-6

type Name = 'w0' | 'w1' | 'v0' | 'c0' | 'v1' | 'c1'

/**
 * MG-PTQ's graph network over the columns of a layer (methods E3, E4): two graph convolutions with a residual and an
 * RMS-norm, then a feed-forward allocator. Without an adjacency (A = I) it is the ablation MLP-PTQ with the same
 * parameters. `parameters` belong to it.
 */
export class AllocatorNetwork {
  readonly parameters: Parameters<Name>

  constructor(gpu: Gpu, { features, hidden, choices, silent = false }: NetworkShape, seed: number) {
    const random = randomFrom(seed)
    // Kaiming uniform: the variance of relu(x·w) stays that of x
    const weight = (rows: number, columns: number): InitialParameter => {
      const bound = Math.sqrt(6 / rows)
      return {
        shape: [rows, columns],
        data: Float32Array.from({ length: rows * columns }, () => bound * (2 * random() - 1)),
      }
    }
    const zeros = (rows: number, columns: number): InitialParameter => ({
      shape: [rows, columns],
      data: new Float32Array(rows * columns),
    })
    const bias = (columns: number): InitialParameter => ({ shape: [columns], data: new Float32Array(columns) })
    this.parameters = new Parameters(gpu, {
      ...{ w0: weight(features, hidden), w1: weight(hidden, hidden) },
      ...{
        v0: weight(hidden, hidden),
        c0: bias(hidden),
        v1: (silent ? zeros : weight)(hidden, choices),
        c1: bias(choices),
      },
    })
  }

  /**
   * Records X1 = relu(P0·W0), X2 = A·X1·W1 + X1, N = X2/rms(X2), logits = relu(N·V0 + c0)·V1 + c1 [n, choices].
   *
   * @param propagated P0 = A·X0 [n, features], the first convolution's product of constants
   */
  logits(tape: Tape, propagated: Tensor, adjacency: Adjacency | null): Variable {
    const { w0, w1, v0, c0, v1, c1 } = this.parameters.on(tape)
    const x1 = linear(tape, tape.constant(propagated), w0, { relu: true })
    const messages = linear(tape, x1, w1)
    const heard = adjacency
      ? panelProduct(tape, adjacency.matrix, messages, { triangle: adjacency.triangle, alpha: adjacency.scale })
      : messages
    const normed = sumNorm(tape, heard, x1, EPS)
    const inner = linear(tape, normed, v0, { bias: c0, relu: true })
    return linear(tape, inner, v1, { bias: c1 })
  }
}

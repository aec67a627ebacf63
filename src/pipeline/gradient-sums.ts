import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { rowSquares } from '../kernels/row-squares'
import { readColumnSums, recordColumnSums } from '../linalg/column-sums'
import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'
import type { Role } from '../models/weights'
import type { Windows } from './windows'

/** Squares of the gradient g of Σ −log p to the output of a linear, [tokens, out]. */
export interface OutputGradient {
  /** Mean of g² over all tokens of the windows, [out]. */
  readonly rows: Float32Array<ArrayBuffer>
  /** Mean of g² over the rows, [windows · length], windows in their order. */
  readonly tokens: Float32Array<ArrayBuffer>
  /** Mean of g² over both. */
  readonly mean: number
}

/** The sums of one batch in one block while they are on the GPU. */
export interface BatchSquares {
  record(rec: Recorder, role: Role, gradient: Tensor): void
  /** Adds what was recorded to the totals and frees it; submit before. */
  read(): Promise<void>
}

/** Sums of squared gradients of every linear: float32 over a slice of a batch on the GPU, float64 from there on. */
export class SquareSums {
  readonly #rows = new Map<string, Float64Array>()
  readonly #tokens = new Map<string, Float32Array<ArrayBuffer>>()

  constructor(
    private readonly gpu: Gpu,
    private readonly spec: ModelSpec,
    { count, length }: Windows,
    private readonly total = count * length,
  ) {
    for (let layer = 0; layer < spec.layers; layer++)
      for (const linear of spec.linears) {
        const name = linearName(layer, linear)
        this.#rows.set(name, new Float64Array(linear.out))
        this.#tokens.set(name, new Float32Array(this.total))
      }
  }

  /** For the batch of the sweep that begins at token `first` of all windows. */
  of(layer: number, first: number): BatchSquares {
    const { gpu, spec } = this
    const held: { name: string; rows: Tensor; tokens: Tensor }[] = []
    return {
      record: (rec, role, gradient) => {
        const [rows = 0, columns = 0] = gradient.shape
        const tokens = gpu.alloc([rows], 'f32', 'row squares')
        rec.run(rowSquares, { x: gradient, y: tokens }, { rows, columns })
        const linear = spec.linears.find((candidate) => candidate.role === role)!
        held.push({ name: linearName(layer, linear), rows: recordColumnSums(gpu, rec, gradient, gradient), tokens })
      },
      read: async () => {
        await Promise.all(
          held.map(async ({ name, rows, tokens }) => {
            const [[sums], squares] = await Promise.all([readColumnSums(gpu, [rows]), gpu.readF32(tokens)])
            gpu.free(tokens)
            const total = this.#rows.get(name)!
            for (let r = 0; r < total.length; r++) total[r]! += sums![r]!
            this.#tokens.get(name)!.set(
              squares.map((square) => square / total.length),
              first,
            )
          }),
        )
      },
    }
  }

  means(): Map<string, OutputGradient> {
    return new Map(
      Array.from(this.#rows, ([name, sums]) => {
        const rows = Float32Array.from(sums, (sum) => sum / this.total)
        const mean = sums.reduce((all, sum) => all + sum, 0) / this.total / sums.length
        return [name, { rows, tokens: this.#tokens.get(name)!, mean }]
      }),
    )
  }
}

import type { Gpu } from '../gpu/device'
import { elements, type Tensor } from '../gpu/tensor'
import type { Tape, Variable } from './tape'

/** Floats between the starts of two parameters: views begin at multiples of 256 bytes. */
export const ALIGNMENT = 64

export interface InitialParameter {
  readonly shape: readonly number[]
  readonly data: Float32Array<ArrayBuffer>
}

/** Named parameters as views of one tensor, their gradients as views of another, so that an optimiser step is one dispatch. */
export class Parameters<N extends string> {
  readonly values: Tensor
  readonly gradients: Tensor
  readonly #places = new Map<N, { readonly at: number; readonly shape: readonly number[] }>()

  constructor(
    private readonly gpu: Gpu,
    initial: Readonly<Record<N, InitialParameter>>,
  ) {
    let count = 0
    for (const [name, { shape }] of Object.entries(initial) as [N, InitialParameter][]) {
      this.#places.set(name, { at: count, shape })
      count += Math.ceil(elements(shape) / ALIGNMENT) * ALIGNMENT
    }
    const flat = new Float32Array(count)
    for (const [name, { at }] of this.#places) flat.set(initial[name].data, at)
    this.values = gpu.upload(flat, [count], 'parameters')
    // zeros where nothing is ever written: between the views
    this.gradients = gpu.upload(new Float32Array(count), [count], 'gradients')
  }

  /** The parameters as leaves of a tape. */
  on(tape: Tape): Record<N, Variable> {
    const leaf = (name: N): Variable => tape.leaf(this.value(name), this.gradient(name))
    return Object.fromEntries([...this.#places.keys()].map((name) => [name, leaf(name)])) as Record<N, Variable>
  }

  value(name: N): Tensor {
    return this.#view(this.values, name)
  }

  gradient(name: N): Tensor {
    return this.#view(this.gradients, name)
  }

  free(): void {
    this.gpu.free(this.values, this.gradients)
  }

  #view(tensor: Tensor, name: N): Tensor {
    const { at, shape } = this.#places.get(name)!
    return { ...tensor, offset: tensor.offset + 4 * at, shape }
  }
}

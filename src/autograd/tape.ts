import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'

/** A tensor on the tape; `gradient` appears while the tape runs backward. */
export interface Variable {
  readonly value: Tensor
  /** Whether anything that learns lies upstream. */
  readonly learns: boolean
}

interface Entry extends Variable {
  /** dLoss/dvalue: allocated at the first contribution, or given for a leaf. */
  gradient: Tensor | undefined
  /** Whether `gradient` holds a contribution yet. */
  filled: boolean
  readonly leaf: boolean
  readonly backward: ((gradient: Tensor) => void) | undefined
}

/**
 * Reverse-mode differentiation over recorded kernels. An operation records its forward commands at once, then calls
 * `node` with a closure that records its backward ones; `backward` runs the closures last to first. Everything is only
 * recorded: the caller submits. The tape owns the values and gradients of its nodes, the caller those of its leaves.
 */
export class Tape {
  readonly #entries: Entry[] = []

  constructor(
    readonly gpu: Gpu,
    readonly rec: Recorder,
  ) {}

  /** Something that does not learn: features, noise, a frozen weight. */
  constant(value: Tensor): Variable {
    return { value, learns: false }
  }

  /** Something whose gradient is wanted; `backward` stores it in `gradient` (same shape), or adds it to what is there. */
  leaf(value: Tensor, gradient: Tensor, accumulate = false): Variable {
    invariant(
      elements(value.shape) === elements(gradient.shape),
      () => `gradient [${gradient.shape}] of [${value.shape}]`,
    )
    return this.#push({ value, learns: true, gradient, filled: accumulate, leaf: true, backward: undefined })
  }

  /**
   * The result of an operation on `inputs`. `backward` gets dLoss/dvalue and adds each input's share through `into`; it
   * is never called when no input learns or nothing downstream used the value.
   */
  node(value: Tensor, inputs: readonly Variable[], backward: (gradient: Tensor) => void): Variable {
    const learns = inputs.some((input) => input.learns)
    return this.#push({ value, learns, gradient: undefined, filled: false, leaf: false, backward })
  }

  /** Hands over a tensor that closures read on the way back: freed after those of the nodes made later. */
  keep(value: Tensor): Tensor {
    return this.node(value, [], () => {}).value
  }

  /**
   * Adds to the gradient of `variable`: `write` records commands that store into it, or add to what it holds when
   * `accumulate` is set. Nothing happens for what does not learn.
   */
  into(variable: Variable, write: (gradient: Tensor, accumulate: boolean) => void): void {
    if (!variable.learns) return
    const entry = variable as Entry
    entry.gradient ??= this.gpu.alloc(entry.value.shape, 'f32', 'gradient')
    write(entry.gradient, entry.filled)
    entry.filled = true
  }

  /**
   * Records the backward pass from one or more results, each with dLoss/dresult (same shape; stays the caller's).
   * Frees what the tape owns as it goes: read values before, or record a copy. Leaves nobody used get no gradient.
   */
  backward(...seeds: readonly (readonly [result: Variable, gradient: Tensor])[]): void {
    for (const [result, seed] of seeds)
      this.into(result, (gradient, accumulate) => {
        invariant(!accumulate, 'a result was seeded twice')
        this.rec.copy(seed, gradient)
      })
    for (const entry of this.#entries.reverse()) {
      if (entry.leaf) continue
      if (entry.learns && entry.filled) entry.backward!(entry.gradient!)
      this.gpu.free(entry.value, entry.gradient)
    }
    this.#entries.length = 0
  }

  /** Gives back what the tape owns when there is no backward pass. */
  free(): void {
    for (const { leaf, value, gradient } of this.#entries) if (!leaf) this.gpu.free(value, gradient)
    this.#entries.length = 0
  }

  #push(entry: Entry): Variable {
    this.#entries.push(entry)
    return entry
  }
}

import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { add } from '../kernels/add'
import type { Operand } from '../kernels/project'
import { attend } from './block-attention'
import { activated } from './block-gate'
import { linear, norm } from './block-parts'
import { addExperts } from './experts'
import type { KvCacheLayer } from './kv-cache'
import type { RopeTables } from './rope-tables'
import type { ModelSpec } from './spec'
import type { BlockWeights } from './weights'

/** See `LinearSpec.stage`. */
export type Stage = number

/** Tokens are windows of `length` one after another; a window attends to itself only. */
export interface Batch {
  readonly windows: number
  readonly length: number
}

export interface BlockOptions {
  /** Only x → h, or only h → y where the input is h; the whole block when missing. */
  readonly part?: 'attention' | 'feedForward'
  /** Stop when the input of this stage's linears is known, and return that. */
  readonly upTo?: Stage
  /** Of experts, only those of these stages; all when missing. What the block gives is then a part of it. */
  readonly only?: readonly Stage[]
  /** Called with the input [tokens, in] of each stage while it is alive, to record more commands on it. */
  readonly tap?: (stage: Stage, input: Tensor) => void
  /** Keys and values go here at row `start`, and those before it are attended to; one window only. */
  readonly cache?: KvCacheLayer
  /** Position of the first token of every window. */
  readonly start?: number
}

/**
 * One decoder block of the model that a spec describes, in stages: the linears of a stage share their input.
 *
 *     n₁ = norm(x)                      q, k, v = W n₁           stage 0
 *     a  = attention(rope q, rope k, v) h = x + W_o a            stage 1
 *     n₂ = norm(h)                      gate, up = W n₂          stage 2
 *     m  = silu(gate) · up              y = h + W_down m         stage 3
 *
 * is LLaMA's (Touvron et al. 2023; modeling_llama.py). Others norm what is added, read n₂ from x where the block is
 * `parallel`, have one linear for several of these, or many experts for the last two stages.
 */
export class BlockForward {
  constructor(
    private readonly gpu: Gpu,
    private readonly spec: ModelSpec,
    private readonly tables: RopeTables,
  ) {}

  /** Records the block on x [tokens, hidden], which is left as it is; the result is the caller's to free. */
  run(rec: Recorder, weights: BlockWeights<Operand>, x: Tensor, batch: Batch, options: BlockOptions = {}): Tensor {
    const { gpu, spec, tables } = this
    const { upTo, tap, part, start = 0 } = options
    if (part === 'feedForward') return this.#feedForward(rec, weights, x, options)
    invariant(start + batch.length <= tables.positions, () => `position ${start + batch.length} of ${tables.positions}`)

    const n1 = norm(gpu, rec, spec, x, weights, 'attnNorm') // [tokens, hidden]
    tap?.(0, n1)
    if (upTo === 0) return n1

    const a = attend(gpu, rec, { spec, tables, weights }, n1, batch, options) // [tokens, heads·headDim]
    gpu.free(n1)
    tap?.(1, a)
    if (upTo === 1) return a

    const h = this.#normed(rec, weights, linear(gpu, rec, weights.linears.o, a), 'attnOutNorm')
    gpu.free(a)
    rec.run(add, { y: h, x }, { count: elements(h.shape) })
    return part === 'attention' ? h : this.#feedForward(rec, weights, spec.parallel ? x : h, options, h)
  }

  /** What the second half makes of x [tokens, hidden], added to `onto`, which is used up, or else to x, which is left as it is. */
  #feedForward(rec: Recorder, weights: BlockWeights<Operand>, x: Tensor, options: BlockOptions, onto?: Tensor): Tensor {
    const { gpu, spec } = this
    const { upTo, tap } = options
    const stop = (at: Tensor): Tensor => {
      gpu.free(onto)
      return at
    }
    const n2 = norm(gpu, rec, spec, x, weights, 'mlpNorm') // [tokens, hidden]
    if (spec.experts) {
      const y = onto ?? this.#copy(rec, x)
      const input = addExperts(gpu, rec, { spec, weights }, n2, y, options)
      gpu.free(n2)
      if (input) gpu.free(y)
      return input ?? y
    }
    tap?.(2, n2)
    if (upTo === 2) return stop(n2)

    const m = activated(gpu, rec, spec, weights, n2) // [tokens, ffn]
    gpu.free(n2)
    tap?.(3, m)
    if (upTo === 3) return stop(m)

    const y = onto ?? this.#copy(rec, x)
    if (weights.mlpOutNorm) {
      const added = this.#normed(rec, weights, linear(gpu, rec, weights.linears.down, m), 'mlpOutNorm')
      rec.run(add, { y, x: added }, { count: elements(y.shape) })
      gpu.free(added)
    } else linear(gpu, rec, weights.linears.down, m, { onto: y })
    gpu.free(m)
    return y
  }

  #copy(rec: Recorder, x: Tensor): Tensor {
    const y = this.gpu.alloc(x.shape, 'f32', 'hidden')
    rec.copy(x, y)
    return y
  }

  /** The norm of x, which is used up, where the block has it. */
  #normed(rec: Recorder, weights: BlockWeights<Operand>, x: Tensor, key: 'attnOutNorm' | 'mlpOutNorm'): Tensor {
    if (!weights[key]) return x
    const y = norm(this.gpu, rec, this.spec, x, weights, key)
    this.gpu.free(x)
    return y
  }
}

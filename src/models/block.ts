import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { add } from '../kernels/add'
import { attention } from '../kernels/attention'
import { bias } from '../kernels/bias'
import { cachedAttention } from '../kernels/cached-attention'
import { type Operand, outputsOf, project } from '../kernels/project'
import { rmsNorm } from '../kernels/rms-norm'
import { rope } from '../kernels/rope'
import { siluMul } from '../kernels/silu-mul'
import { type KvCacheLayer, keepHalves } from './kv-cache'
import type { RopeTables } from './rope-tables'
import type { LinearSpec, ModelSpec } from './spec'
import type { BlockWeights, LinearWeights } from './weights'

export type Stage = LinearSpec['stage']

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
  /** Called with the input [tokens, in] of each stage while it is alive, to record more commands on it. */
  readonly tap?: (stage: Stage, input: Tensor) => void
  /** Keys and values go here at row `start`, and those before it are attended to; one window only. */
  readonly cache?: KvCacheLayer
  /** Position of the first token of every window. */
  readonly start?: number
}

/**
 * One decoder block of the LLaMA family (Touvron et al. 2023; modeling_llama.py), in four stages: the linears of a
 * stage share their input.
 *
 *     n₁ = norm(x)                      q, k, v = W n₁           stage 0
 *     a  = attention(rope q, rope k, v) h = x + W_o a            stage 1
 *     n₂ = norm(h)                      gate, up = W n₂          stage 2
 *     m  = silu(gate) · up              y = h + W_down m         stage 3
 */
export class BlockForward {
  constructor(
    private readonly gpu: Gpu,
    private readonly spec: ModelSpec,
    private readonly tables: RopeTables,
  ) {}

  /** Records the block on x [tokens, hidden], which is left as it is; the result is the caller's to free. */
  run(rec: Recorder, weights: BlockWeights<Operand>, x: Tensor, batch: Batch, options: BlockOptions = {}): Tensor {
    const { gpu } = this
    const { upTo, tap, part } = options
    if (part === 'feedForward') return this.#feedForward(rec, weights, x, options)

    const n1 = this.#norm(rec, x, weights.attnNorm) // [tokens, hidden]
    tap?.(0, n1)
    if (upTo === 0) return n1

    const a = this.#attend(rec, weights, n1, batch, options) // [tokens, heads·headDim]
    gpu.free(n1)
    tap?.(1, a)
    if (upTo === 1) return a

    const h = this.#linear(rec, weights.linears.o, a)
    gpu.free(a)
    rec.run(add, { y: h, x }, { count: elements(h.shape) })
    return part === 'attention' ? h : this.#feedForward(rec, weights, h, options, true)
  }

  /** The second half on h [tokens, hidden], which is used up where it is `owned`, else left as it is. */
  #feedForward(
    rec: Recorder,
    { linears, mlpNorm }: BlockWeights<Operand>,
    h: Tensor,
    { upTo, tap }: BlockOptions,
    owned = false,
  ): Tensor {
    const { gpu } = this
    const n2 = this.#norm(rec, h, mlpNorm) // [tokens, hidden]
    tap?.(2, n2)
    if (upTo === 2) {
      if (owned) gpu.free(h)
      return n2
    }

    const m = this.#linear(rec, linears.gate, n2) // [tokens, ffn]
    const up = this.#linear(rec, linears.up, n2)
    gpu.free(n2)
    rec.run(siluMul, { gate: m, up }, { count: elements(m.shape) })
    gpu.free(up)
    tap?.(3, m)
    if (upTo === 3) {
      if (owned) gpu.free(h)
      return m
    }

    const y = owned ? h : gpu.alloc(h.shape, 'f32', 'hidden')
    if (!owned) rec.copy(h, y)
    this.#linear(rec, linears.down, m, { onto: y })
    gpu.free(m)
    return y
  }

  #attend(
    rec: Recorder,
    { linears }: BlockWeights<Operand>,
    n1: Tensor,
    { windows, length }: Batch,
    { cache, start = 0 }: BlockOptions,
  ): Tensor {
    const { gpu, tables } = this
    const { heads, kvHeads, headDim } = this.spec
    const rows = windows * length
    invariant(!cache || windows === 1, () => `${windows} windows share one cache`)
    invariant(start + length <= tables.positions, () => `position ${start + length} of ${tables.positions}`)

    // a cache of floats takes keys and values where they are made
    const into = cache?.beyond === null ? cache : undefined
    const row = into ? start : 0
    const q = this.#linear(rec, linears.q, n1)
    const k = this.#linear(rec, linears.k, n1, into && { into: into.k, row })
    const v = this.#linear(rec, linears.v, n1, into && { into: into.v, row })
    const { cosines, sines } = tables
    rec.run(rope, { cosines, sines, x: q }, { row: 0, rows, length, start, heads, headDim })
    rec.run(rope, { cosines, sines, x: k }, { row, rows, length, start, heads: kvHeads, headDim })
    if (cache && !into) keepHalves(rec, cache, { k, v }, start)

    const a = gpu.alloc([rows, heads * headDim], 'f32', 'attention')
    if (cache && start > 0) {
      const shape = { tq: length, tk: start + length, heads, kvHeads, headDim }
      cachedAttention(gpu, rec, { q, k: cache.k, v: cache.v, y: a }, shape)
    } else {
      const shape = { windows, tq: length, tk: length, capacity: length, heads, kvHeads }
      rec.run(attention(headDim, length, rec.traits.software), { q, k, v, y: a }, shape)
    }
    gpu.free(q)
    if (!into) gpu.free(k, v)
    return a
  }

  #norm(rec: Recorder, x: Tensor, w: Tensor): Tensor {
    const [rows = 0, hidden = 0] = x.shape
    const y = this.gpu.alloc(x.shape, 'f32', 'norm')
    rec.run(rmsNorm(rec.traits.software), { x, w, y }, { rows, hidden, eps: this.spec.rmsNormEps })
    return y
  }

  /** x Wᵀ + b as a new tensor [tokens, out], or `into` another from row `row` on, or added `onto` one. */
  #linear(
    rec: Recorder,
    { weight, bias: b }: LinearWeights<Operand>,
    x: Tensor,
    target: { into?: Tensor; onto?: Tensor; row?: number } = {},
  ): Tensor {
    const [rows = 0] = x.shape
    const out = outputsOf(weight)
    const row = target.row ?? 0
    const y = target.into ?? target.onto ?? this.gpu.alloc([rows, out], 'f32', 'linear')
    project(this.gpu, rec, { x, weight, y, row, accumulate: target.onto !== undefined })
    if (b) rec.run(bias, { y, b }, { row, rows, columns: out })
    return y
  }
}

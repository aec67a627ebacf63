import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { subtract } from '../kernels/matrix'
import { type Later, later } from '../later'
import { readColumnSums, recordColumnSums, total } from '../linalg/column-sums'
import type { BlockOptions, Stage } from '../models/block'
import type { CausalModel } from '../models/causal-model'
import type { BlockWeights } from '../models/weights'
import { checkCancelled, type WindowBatch } from './batching'
import { ResidentStates, type States } from './states'

/** Records on the input [tokens, in] of a stage of a block while it is alive. */
export type StreamTap = (rec: Recorder, stage: Stage, input: Tensor) => void

/**
 * Hidden states of the calibration windows on their way through the model, [tokens, hidden] a batch.
 * Calibration keeps two that never mix: one through the original blocks, one through the quantized ones.
 */
export class HiddenStream {
  #midway = false

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: CausalModel,
    readonly batches: readonly WindowBatch[],
    readonly states: States,
  ) {}

  /** The states before the first block, kept in `states`. */
  static async start(
    gpu: Gpu,
    model: CausalModel,
    batches: readonly WindowBatch[],
    states: States = new ResidentStates(gpu),
  ): Promise<HiddenStream> {
    for (const [b, batch] of batches.entries()) {
      const rec = gpu.record()
      const embedded = model.embed(rec, batch.ids, batch)
      await gpu.submit(rec)
      await states.store(b, embedded)
    }
    return new HiddenStream(gpu, model, batches, states)
  }

  /** The same states in memory of their own. */
  async fork(): Promise<HiddenStream> {
    const { gpu, model, batches, states } = this
    const copies = states.fresh()
    await this.#copyTo(copies)
    return new HiddenStream(gpu, model, batches, copies)
  }

  /** Takes over the states of another stream, which stands at the beginning of a block as this one does. */
  follow(other: HiddenStream): Promise<void> {
    return other.#copyTo(this.states)
  }

  async #copyTo(copies: States): Promise<void> {
    const { gpu, states } = this
    for (const b of this.batches.keys()) {
      const rec = gpu.record()
      const state = await states.load(rec, b)
      const copy = gpu.alloc(state.shape, 'f32', 'hidden')
      rec.copy(state, copy)
      states.release(state)
      await gpu.submit(rec)
      await copies.store(b, copy)
    }
  }

  get tokens(): number {
    return this.batches.reduce((sum, { ids }) => sum + ids.length, 0)
  }

  /** Whether the states stand between attention and feed-forward part of a block. */
  get midway(): boolean {
    return this.#midway
  }

  /** Records a block on the states of batch b, which stay as they are, from where they stand. */
  async run(rec: Recorder, block: BlockWeights, b: number, options: BlockOptions = {}): Promise<Tensor> {
    const part = this.#midway ? ({ part: 'feedForward' } as const) : {}
    const x = await this.states.load(rec, b)
    const y = this.model.block.run(rec, block, x, this.batches[b]!, { ...options, ...part })
    this.states.release(x)
    return y
  }

  /** Moves every state through the first half of a block. */
  async advanceMidway(block: BlockWeights, signal?: AbortSignal): Promise<void> {
    await this.#advance(block, { part: 'attention' }, signal)
    this.#midway = true
  }

  /** Moves every state to the end of a block; `tap` may record more on the inputs of its stages. */
  async advance(block: BlockWeights, signal?: AbortSignal, tap?: StreamTap): Promise<void> {
    await this.#advance(block, {}, signal, tap)
    this.#midway = false
  }

  async #advance(
    block: BlockWeights,
    options: BlockOptions,
    signal: AbortSignal | undefined,
    tap?: StreamTap,
  ): Promise<void> {
    const { gpu, states } = this
    for (const b of this.batches.keys()) {
      checkCancelled(signal)
      const rec = gpu.record()
      const tapped = tap ? { tap: (stage: Stage, input: Tensor) => tap(rec, stage, input) } : {}
      const next = await this.run(rec, block, b, { ...options, ...tapped })
      await gpu.submit(rec)
      await states.store(b, next)
    }
  }

  /** ‖this − other‖² / ‖other‖² over all states: how far quantization has carried the stream away. Both may go on meanwhile. */
  async drift(other: HiddenStream): Promise<Later<number>> {
    const { gpu } = this
    const reading: Promise<number[]>[] = []
    for (const b of this.batches.keys()) {
      const rec = gpu.record()
      const [state, reference] = [await this.states.load(rec, b), await other.states.load(rec, b)]
      const d = gpu.alloc(state.shape, 'f32', 'difference')
      rec.run(subtract, { a: state, b: reference, d }, { count: elements(state.shape) })
      const sums = [recordColumnSums(gpu, rec, d, d), recordColumnSums(gpu, rec, reference, reference)]
      await gpu.submit(rec)
      gpu.free(d)
      this.states.release(state)
      other.states.release(reference)
      reading.push(readColumnSums(gpu, sums).then((read) => read.map(total)))
    }
    const ratio = (batches: number[][]) => {
      const [part, whole] = [0, 1].map((i) => batches.reduce((sum, totals) => sum + totals[i]!, 0))
      return part! / whole!
    }
    return later(Promise.all(reading).then(ratio))
  }

  async free(): Promise<void> {
    await this.states.free()
  }
}

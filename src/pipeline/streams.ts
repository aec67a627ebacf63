import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { elements, type Tensor } from '../gpu/tensor'
import { subtract } from '../kernels/matrix'
import { type Later, later } from '../later'
import { readColumnSums, recordColumnSums, total } from '../linalg/column-sums'
import type { BlockOptions, Stage } from '../models/block'
import type { LlamaModel } from '../models/model'
import type { BlockWeights } from '../models/weights'
import { checkCancelled, type WindowBatch } from './batching'

/** Records on the input [tokens, in] of a stage of a block while it is alive. */
export type StreamTap = (rec: Recorder, stage: Stage, input: Tensor) => void

/**
 * Hidden states of the calibration windows on their way through the model, a tensor [tokens, hidden] a batch.
 * Calibration keeps two that never mix: one through the original blocks, one through the quantized ones.
 */
export class HiddenStream {
  #midway = false

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: LlamaModel,
    readonly batches: readonly WindowBatch[],
    readonly states: Tensor[],
  ) {}

  /** The states before the first block. */
  static async start(gpu: Gpu, model: LlamaModel, batches: readonly WindowBatch[]): Promise<HiddenStream> {
    const states: Tensor[] = []
    for (const batch of batches) {
      const rec = gpu.record()
      states.push(model.embed(rec, batch.ids, batch))
      await gpu.submit(rec)
    }
    return new HiddenStream(gpu, model, batches, states)
  }

  /** The same states in memory of their own. */
  async fork(): Promise<HiddenStream> {
    const rec = this.gpu.record()
    const states = this.states.map((state) => {
      const copy = this.gpu.alloc(state.shape, 'f32', 'hidden')
      rec.copy(state, copy)
      return copy
    })
    await this.gpu.submit(rec)
    return new HiddenStream(this.gpu, this.model, this.batches, states)
  }

  /** Takes over the states of another stream, which stands at the beginning of a block as this one does. */
  async follow(other: HiddenStream): Promise<void> {
    const rec = this.gpu.record()
    for (const [b, state] of this.states.entries()) rec.copy(other.states[b]!, state)
    await this.gpu.submit(rec)
  }

  get tokens(): number {
    return this.batches.reduce((sum, { ids }) => sum + ids.length, 0)
  }

  /** Whether the states stand between attention and feed-forward part of a block. */
  get midway(): boolean {
    return this.#midway
  }

  /** Records a block on the states of batch b, which stay as they are, from where they stand. */
  run(rec: Recorder, block: BlockWeights, b: number, options: BlockOptions = {}): Tensor {
    const part = this.#midway ? ({ part: 'feedForward' } as const) : {}
    return this.model.block.run(rec, block, this.states[b]!, this.batches[b]!, { ...options, ...part })
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
    for (const b of states.keys()) {
      checkCancelled(signal)
      const rec = gpu.record()
      const tapped = tap ? { tap: (stage: Stage, input: Tensor) => tap(rec, stage, input) } : {}
      const next = this.run(rec, block, b, { ...options, ...tapped })
      await gpu.submit(rec)
      gpu.free(states[b])
      states[b] = next
    }
  }

  /** ‖this − other‖² / ‖other‖² over all states: how far quantization has carried the stream away. Both may go on meanwhile. */
  async drift(other: HiddenStream): Promise<Later<number>> {
    const { gpu } = this
    const reading: Promise<number[]>[] = []
    for (const [b, state] of this.states.entries()) {
      const d = gpu.alloc(state.shape, 'f32', 'difference')
      const reference = other.states[b]!
      const rec = gpu.record()
      rec.run(subtract, { a: state, b: reference, d }, { count: elements(state.shape) })
      const sums = [recordColumnSums(gpu, rec, d, d), recordColumnSums(gpu, rec, reference, reference)]
      await gpu.submit(rec)
      gpu.free(d)
      reading.push(readColumnSums(gpu, sums).then((read) => read.map(total)))
    }
    const ratio = (batches: number[][]) => {
      const [part, whole] = [0, 1].map((i) => batches.reduce((sum, totals) => sum + totals[i]!, 0))
      return part! / whole!
    }
    return later(Promise.all(reading).then(ratio))
  }

  free(): void {
    this.gpu.free(...this.states)
    this.states.length = 0
  }
}

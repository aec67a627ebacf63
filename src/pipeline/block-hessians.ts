import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import type { Later } from '../later'
import { Hessian } from '../linalg/hessian'
import type { ModelSpec } from '../models/spec'
import type { BlockWeights } from '../models/weights'
import { RoutedTokens } from './routed'
import type { HiddenStream } from './streams'

/** A block while its Hessians are taken. */
export interface BlockPair {
  /** As it is now. */
  readonly weights: BlockWeights
  readonly original: BlockWeights
  /** Whether nobody changes its attention part any more. */
  readonly attentionFinished: boolean
}

/** The Hessians of the stages of one block, those last asked for at a time. */
export class BlockHessians {
  #current = new Map<number, Hessian>()
  readonly #diagonals = new Map<number, Later<Float32Array<ArrayBuffer>>>()
  readonly #warnings = new Map<number, string>()

  constructor(
    private readonly gpu: Gpu,
    private readonly model: ModelSpec,
    /** Inputs from the stream that went through everything quantized so far. */
    private readonly stream: HiddenStream,
    /** Inputs of the original block, for methods that compare the two. */
    private readonly compared: HiddenStream | null,
    private readonly checkpoint: () => Promise<void>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** One pass over the calibration data, which may be under way still; frees what was taken before. */
  async take(stages: readonly number[], block: BlockPair): Promise<ReadonlyMap<number, Hessian>> {
    const { gpu, stream } = this
    this.free()
    const hessians = this.#current
    const rec = gpu.record()
    for (const stage of stages)
      hessians.set(stage, Hessian.create(gpu, rec, this.#inputsOf(stage), stream.tokens, this.compared !== null))
    await gpu.submit(rec)
    if (block.attentionFinished && Math.min(...stages) >= 2) await this.#advanceMidway(block)
    const upTo = Math.max(...stages)
    const routed = new RoutedTokens(gpu, this.model)
    for (const b of stream.batches.keys()) {
      await this.checkpoint()
      const step = gpu.record()
      const originals = await this.#originalInputs(step, block.original, stages, b)
      const tap = (stage: number, input: Tensor) => {
        const hessian = hessians.get(stage)
        hessian?.add(step, input)
        if (hessian) routed.record(step, stage, input)
        const original = originals.get(stage)
        if (original) hessian?.addCross(step, original, input)
      }
      gpu.free(await stream.run(step, block.weights, b, { upTo, only: stages, tap }))
      gpu.free(...originals.values())
      await gpu.submit(step)
    }
    for (const [stage, warning] of await routed.settle(hessians)) this.#warnings.set(stage, warning)
    const last = gpu.record()
    for (const hessian of hessians.values()) hessian.finish(last)
    await gpu.submit(last)
    for (const [stage, hessian] of hessians) this.#diagonals.set(stage, hessian.sendForDiagonal())
    return hessians
  }

  /** Of the inputs of this stage, while it is there. */
  get(stage: number): Hessian | undefined {
    return this.#current.get(stage)
  }

  /** diag H of this stage, kept when H is gone. */
  diagonal(stage: number): Later<Float32Array<ArrayBuffer>> | null {
    return this.#diagonals.get(stage) ?? null
  }

  /** What is to say of the Hessian of this stage. */
  warnings(stage: number): string[] {
    const warning = this.#warnings.get(stage)
    return warning ? [warning] : []
  }

  /** The inputs of this stage are no longer what they were. */
  drop(stage: number): void {
    this.#current.get(stage)?.free()
    this.#current.delete(stage)
    this.#diagonals.delete(stage)
  }

  free(): void {
    for (const hessian of this.#current.values()) hessian.free()
    this.#current = new Map()
  }

  /** Once the attention part is no longer asked for, nobody computes it again. */
  async #advanceMidway({ weights, original }: BlockPair): Promise<void> {
    if (this.stream.midway) return
    await this.stream.advanceMidway(weights, this.signal)
    await this.compared?.advanceMidway(original, this.signal)
  }

  /** Copies of what the original block feeds these stages of batch b. */
  async #originalInputs(
    rec: Recorder,
    original: BlockWeights,
    stages: readonly number[],
    b: number,
  ): Promise<Map<number, Tensor>> {
    const { gpu, compared } = this
    const inputs = new Map<number, Tensor>()
    if (!compared) return inputs
    const upTo = Math.max(...stages)
    const tap = (stage: number, input: Tensor) => {
      if (!stages.includes(stage)) return
      const copy = gpu.alloc(input.shape, 'f32', 'original input')
      rec.copy(input, copy)
      inputs.set(stage, copy)
    }
    gpu.free(await compared.run(rec, original, b, { upTo, only: stages, tap }))
    return inputs
  }

  #inputsOf(stage: number): number {
    return this.model.linears.find((linear) => linear.stage === stage)!.in
  }
}

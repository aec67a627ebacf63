import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { argmax } from '../kernels/argmax'
import type { Operand } from '../kernels/project'
import type { CausalModel } from './causal-model'
import { KvCache, type KvType } from './kv-cache'
import type { BlockWeights } from './weights'

export interface DecoderOptions {
  /** Tokens of prompt and continuation that there is room for. */
  readonly capacity: number
  readonly kv?: KvType | undefined
}

/** A model with all blocks resident at work on one sequence, which it reads piece by piece into a cache. */
export class Decoder {
  readonly #cache: KvCache

  constructor(
    readonly gpu: Gpu,
    readonly model: CausalModel,
    private readonly blocks: readonly BlockWeights<Operand>[],
    { capacity, kv }: DecoderOptions,
  ) {
    this.#cache = new KvCache(gpu, model.spec, capacity, kv)
  }

  /**
   * Compiles every kernel that a prompt of so many tokens and those after it, up to position `last`, need. Records them to see
   * which, and runs nothing.
   */
  async compile(prompt: number, last: number, greedy: boolean): Promise<void> {
    const rec = this.gpu.record()
    const end = greedy ? this.#likeliest : this.#logits
    for (const [start, tokens] of [[0, prompt], ...(last > prompt ? [[last - 1, 1]] : [])] as const)
      this.gpu.free(end.call(this, rec, new Uint32Array(tokens!), start!))
    await this.gpu.compile(rec)
  }

  /** Logits f32 [1, vocab] of the token after `ids`, the first of which is at position `start`. The caller frees them. */
  async logits(ids: Uint32Array, start: number): Promise<Tensor> {
    const rec = this.gpu.record()
    const logits = this.#logits(rec, ids, start)
    await this.gpu.submit(rec)
    return logits
  }

  /**
   * The likeliest token after `ids` as u32 [1], NO_COLUMN where the logits are not finite. Like `logits`; what one call gives may be
   * the `ids` of the next before anybody has read it.
   */
  async likeliest(ids: Uint32Array | Tensor, start: number): Promise<Tensor> {
    const rec = this.gpu.record()
    const best = this.#likeliest(rec, ids, start)
    await this.gpu.submit(rec)
    return best
  }

  /** NumericalError where the cache could not hold what was read. */
  check(): Promise<void> {
    return this.#cache.check()
  }

  free(): void {
    this.#cache.free()
  }

  #likeliest(rec: Recorder, ids: Uint32Array | Tensor, start: number): Tensor {
    const logits = this.#logits(rec, ids, start)
    const best = this.gpu.alloc([1], 'u32', 'next token')
    rec.run(argmax, { x: logits, y: best }, { rows: 1, columns: this.model.spec.vocab })
    this.gpu.free(logits)
    return best
  }

  #logits(rec: Recorder, ids: Uint32Array | Tensor, start: number): Tensor {
    const { gpu, model } = this
    let x = ids instanceof Uint32Array ? model.embed(rec, ids, { start }) : model.embedFound(rec, ids, { start })
    const length = x.shape[0]!
    this.blocks.forEach((block, layer) => {
      const y = model.block.run(rec, block, x, { windows: 1, length }, { cache: this.#cache.layers[layer]!, start })
      gpu.free(x)
      x = y
    })
    const logits = model.logits(rec, x, { first: length - 1, count: 1 })
    gpu.free(x)
    return logits
  }
}

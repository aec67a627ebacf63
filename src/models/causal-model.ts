import { FormatError, invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { addPositions } from '../kernels/add-positions'
import { argmax } from '../kernels/argmax'
import { embed } from '../kernels/embed'
import { matmul } from '../kernels/gemm'
import { nll } from '../kernels/nll'
import { recordNorm } from '../kernels/norm'
import type { Operand } from '../kernels/project'
import { softcap } from '../kernels/softcap'
import { logitsRows } from './batch-size'
import { BlockForward } from './block'
import { type Ends, type EndsOptions, freeEnds, loadEnds, NO_ENDS } from './ends'
import { freeRopeTables, makeRopeTables, type RopeTables } from './rope-tables'
import type { ModelSpec } from './spec'
import {
  type BlockWeights,
  blockTensors,
  freeBlock,
  loadBlock,
  loadStoredBlock,
  type RowShard,
  type WeightSource,
} from './weights'

/** Where the tokens of a batch stand: windows of `length`, all tokens unless given, the first of each at position `start`. */
export interface Places {
  readonly length?: number
  readonly start?: number
}

/**
 * What surrounds the blocks of a model: embedding, final norm and head stay on the GPU; blocks come and go
 * as the caller wishes. All methods with a recorder only record; tensors they return are the caller's to free.
 */
export class CausalModel {
  /** Runs any block of this model. */
  readonly block: BlockForward

  private constructor(
    private readonly gpu: Gpu,
    readonly spec: ModelSpec,
    private readonly weights: WeightSource,
    private readonly tables: RopeTables,
    private ends: Ends,
  ) {
    this.block = new BlockForward(gpu, spec, tables)
  }

  /** FormatError where the model has embedded fewer positions than are asked for. */
  static async load(gpu: Gpu, spec: ModelSpec, weights: WeightSource, options: EndsOptions): Promise<CausalModel> {
    const ends = await loadEnds(gpu, spec, weights, options)
    return new CausalModel(gpu, spec, weights, makeRopeTables(gpu, spec, options.positions), ends)
  }

  /** The same with blocks from elsewhere; what surrounds them is this one's, and freed with it. */
  withBlocks(weights: WeightSource): CausalModel {
    return new CausalModel(this.gpu, this.spec, weights, this.tables, this.ends)
  }

  /** The longest sequence that can be run. */
  get positions(): number {
    return this.tables.positions
  }

  /** The output head [vocab, hidden] in shards of rows, and the weights of the norm before it. */
  get head(): readonly RowShard[] {
    return this.ends.head
  }

  get finalNorm(): Tensor {
    const { norm } = this.ends
    invariant(norm, 'the head is not loaded')
    return norm
  }

  get finalNormBias(): Tensor | undefined {
    return this.ends.normBias
  }

  /** Cosines and sines of the positions. */
  get rope(): RopeTables {
    return this.tables
  }

  /** Hidden states [tokens, hidden] before the first block. FormatError on an id outside the vocabulary. */
  embed(rec: Recorder, ids: Uint32Array, places: Places = {}): Tensor {
    const { vocab } = this.spec
    const stranger = ids.find((id) => id >= vocab)
    if (stranger !== undefined)
      throw new FormatError(
        `tokens: expected ids below ${vocab}, got ${stranger} — use the tokenizer that belongs to this model`,
      )
    const idTensor = this.gpu.alloc([ids.length], 'u32', 'token ids')
    rec.write(idTensor, Uint32Array.from(ids))
    const y = this.embedFound(rec, idTensor, places)
    this.gpu.free(idTensor)
    return y
  }

  /** The same of ids that are on the GPU already, u32 [tokens]; the row of one outside the vocabulary is undefined. */
  embedFound(rec: Recorder, ids: Tensor, { length, start = 0 }: Places = {}): Tensor {
    const { hidden, embeddingScale: scale } = this.spec
    const [tokens = 0] = ids.shape
    const y = this.gpu.alloc([tokens, hidden], 'f32', 'hidden')
    invariant(this.ends.embedding.length > 0, 'the embedding is not loaded')
    for (const { tensor: table, first, count } of this.ends.embedding)
      rec.run(embed, { ids, table, y }, { tokens, hidden, first, count, scale })
    const { positions: table } = this.ends
    if (table) rec.run(addPositions, { table, y }, { rows: tokens, hidden, length: length ?? tokens, start })
    return y
  }

  /** These rows of x [tokens, hidden] as [rows, hidden]: what a head that is not asked for the others has to read. */
  gather(rec: Recorder, x: Tensor, rows: Uint32Array): Tensor {
    const { gpu } = this
    const [count = 0, hidden = 0] = x.shape
    const ids = gpu.alloc([rows.length], 'u32', 'rows')
    rec.write(ids, Uint32Array.from(rows))
    const y = gpu.alloc([rows.length, hidden], 'f32', 'hidden')
    rec.run(embed, { ids, table: x, y }, { tokens: rows.length, hidden, first: 0, count })
    gpu.free(ids)
    return y
  }

  /** Logits [count, vocab] of rows [first, first + count) of the last block's output [tokens, hidden]. */
  logits(rec: Recorder, x: Tensor, { first, count }: { first: number; count: number }): Tensor {
    const normed = this.#norm(rec, x)
    const logits = this.gpu.alloc([count, this.spec.vocab], 'f32', 'logits')
    this.#logits(rec, normed, first, count, logits)
    this.gpu.free(normed)
    return logits
  }

  /**
   * −log p(target) in nats of every row of the last block's output x [tokens, hidden] as [tokens]; targets may be
   * NO_TARGET for rows that do not count. `best` u32 [tokens], where given, gets every row's likeliest id. Never holds more
   * than 64 MiB of logits.
   */
  nll(rec: Recorder, x: Tensor, targets: Uint32Array, best?: Tensor): Tensor {
    const { gpu } = this
    const { vocab } = this.spec
    const [tokens = 0] = x.shape
    invariant(targets.length === tokens, () => `${targets.length} targets for ${tokens} tokens`)
    const targetTensor = gpu.alloc([tokens], 'u32', 'targets')
    rec.write(targetTensor, Uint32Array.from(targets))
    const normed = this.#norm(rec, x)
    const y = gpu.alloc([tokens], 'f32', 'nll')
    const step = logitsRows(gpu.info, this.spec, tokens)
    const logits = gpu.alloc([step, vocab], 'f32', 'logits')
    for (let row = 0; row < tokens; row += step) {
      const rows = Math.min(step, tokens - row)
      this.#logits(rec, normed, row, rows, logits)
      rec.run(nll(rec.traits.software), { logits, targets: targetTensor, y }, { rows, vocab, row })
      if (best) rec.run(argmax, { x: logits, y: best }, { rows, columns: vocab, row })
    }
    gpu.free(targetTensor, normed, logits)
    return y
  }

  /**
   * Loads the blocks that are `wanted` one after another; only one is on the GPU at a time. Submit what uses it before
   * returning.
   */
  forEachBlock(
    visit: (block: BlockWeights, layer: number) => Promise<void>,
    wanted: (layer: number) => boolean = () => true,
  ): Promise<void> {
    return this.#inTurn(loadBlock, visit, wanted)
  }

  /** The same, linears as they are stored where they are stored as codes. */
  forEachStoredBlock(visit: (block: BlockWeights<Operand>, layer: number) => Promise<void>): Promise<void> {
    return this.#inTurn(loadStoredBlock, visit, () => true)
  }

  async #inTurn<W extends Operand>(
    load: (gpu: Gpu, weights: WeightSource, spec: ModelSpec, layer: number) => Promise<BlockWeights<W>>,
    visit: (block: BlockWeights<W>, layer: number) => Promise<void>,
    wanted: (layer: number) => boolean,
  ): Promise<void> {
    const layers = Array.from({ length: this.spec.layers }, (_, layer) => layer).filter(wanted)
    for (const [i, layer] of layers.entries()) {
      const block = await load(this.gpu, this.weights, this.spec, layer)
      const next = layers[i + 1]
      if (next !== undefined) this.weights.readAhead?.(blockTensors(this.spec, next))
      try {
        await visit(block, layer)
      } finally {
        freeBlock(this.gpu, block)
      }
    }
  }

  /**
   * All blocks at once, for generation; free each with `freeBlock`. Linears are kept as they are `stored`, but on a software
   * adapter, which makes a weight of a code more slowly than it multiplies.
   */
  async loadBlocks(stored = !this.gpu.traits.software): Promise<BlockWeights<Operand>[]> {
    const load = stored ? loadStoredBlock : loadBlock
    const blocks: BlockWeights<Operand>[] = []
    try {
      for (let layer = 0; layer < this.spec.layers; layer++)
        blocks.push(await load(this.gpu, this.weights, this.spec, layer))
    } catch (error) {
      for (const block of blocks) freeBlock(this.gpu, block)
      throw error
    }
    return blocks
  }

  free(): void {
    this.freeEnds()
    freeRopeTables(this.gpu, this.tables)
  }

  /** Gives back what surrounds the blocks; they can still be run. */
  freeEnds(): void {
    freeEnds(this.gpu, this.ends)
    this.ends = NO_ENDS
  }

  #norm(rec: Recorder, x: Tensor): Tensor {
    const y = this.gpu.alloc(x.shape, 'f32', 'final norm')
    recordNorm(rec, this.spec.norm, { x, w: this.finalNorm, b: this.ends.normBias, y })
    return y
  }

  #logits(rec: Recorder, normed: Tensor, first: number, count: number, logits: Tensor): void {
    const { hidden, vocab, logitSoftcap: cap } = this.spec
    for (const shard of this.ends.head)
      matmul(rec, {
        a: normed,
        b: shard.tensor,
        c: logits,
        m: count,
        n: shard.count,
        k: hidden,
        transB: true,
        aOffset: first * hidden,
        cOffset: shard.first,
        ldc: vocab,
      })
    if (cap) rec.run(softcap, { x: logits }, { count: count * vocab, cap })
  }
}

import { Tape } from '../autograd/tape'
import { NumericalError } from '../errors'
import type { Gpu, GpuInfo } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { blockOnTape, frozenBlock } from '../models/block-tape'
import { CausalModel } from '../models/causal-model'
import { nllGradient } from '../models/nll-gradient'
import type { ModelSpec } from '../models/spec'
import { type BlockWeights, freeBlock, loadBlock, type WeightSource } from '../models/weights'
import { batchesOf, batchWindows, checkCancelled, type WindowBatch } from './batching'
import { type OutputGradient, SquareSums } from './gradient-sums'
import { targetsOf } from './scoring'
import type { Windows } from './windows'

export interface OutputGradients {
  /** By the full name of every linear of every block. */
  readonly linears: ReadonlyMap<string, OutputGradient>
  /** Mean −log p in nats of the scored tokens: all but the first of each window. */
  readonly nll: number
}

export interface GradientOptions {
  /** Hidden states kept at once for the way back, 1 GiB unless given; more windows take several sweeps. */
  readonly stateBytes?: number
  readonly signal?: AbortSignal | undefined
  /** Blocks passed there and back, of all. */
  readonly onProgress?: (done: number, total: number) => void
}

const STATE_BYTES = 2 ** 30

/** Windows of a batch: on the way back a block holds about four times what it holds on the way there. */
export const gradientWindows = (gpu: GpuInfo, spec: ModelSpec, length: number): number =>
  Math.max(1, Math.floor(batchWindows(gpu, spec, length) / 4))

/** Batches that go there and back together: as many as their states before every block and behind the last fit. */
export const sweepBatches = ({ layers, hidden }: ModelSpec, tokens: number, stateBytes = STATE_BYTES): number =>
  Math.max(1, Math.floor(stateBytes / (4 * hidden * tokens * (layers + 1))))

/** Where memory ran out, as much fewer states are kept for the way back as batches are smaller; of one window, those of one batch. */
function partOfBatches(gpu: GpuInfo, spec: ModelSpec, length: number): number {
  const { batchTokens: _, ...usual } = gpu
  const [now, before] = [batchWindows(gpu, spec, length), batchWindows(usual, spec, length)]
  return now === before ? 1 : now === 1 ? 0 : now / before
}

/**
 * How much the output of every linear matters: the gradient of Σ −log p(next token) over the windows (a sum, so that
 * the numbers do not depend on how many there are) to it, as means of squares. States between blocks are kept; what a
 * block computes inside is computed again on the way back, so one block is on the GPU at a time.
 */
export function outputGradients(
  gpu: Gpu,
  spec: ModelSpec,
  weights: WeightSource,
  windows: Windows,
  options: GradientOptions = {},
): Promise<OutputGradients> {
  return gpu.scope(() => sweepAll(gpu, spec, weights, windows, options))
}

async function sweepAll(
  gpu: Gpu,
  spec: ModelSpec,
  weights: WeightSource,
  windows: Windows,
  { stateBytes = STATE_BYTES, signal, onProgress }: GradientOptions,
): Promise<OutputGradients> {
  const batches = batchesOf(gpu.info, spec, windows, gradientWindows(gpu.info, spec, windows.length))
  const most = Math.min(batches.length, sweepBatches(spec, batches[0]!.ids.length, stateBytes))
  const together = Math.max(1, Math.floor(most * partOfBatches(gpu.info, spec, windows.length)))
  const blocks = 2 * spec.layers * Math.ceil(batches.length / together)
  const model = await CausalModel.load(gpu, spec, weights, { positions: windows.length })
  const sums = new SquareSums(gpu, spec, windows)
  let [done, nll] = [0, 0]
  const passBlock = async (layer: number, pass: (block: BlockWeights) => Promise<void>) => {
    onProgress?.(done++, blocks)
    const block = await loadBlock(gpu, weights, spec, layer)
    await pass(block)
    freeBlock(gpu, block)
  }
  for (let first = 0; first < batches.length; first += together) {
    const sweep = new Sweep(gpu, model, batches.slice(first, first + together), first * batches[0]!.ids.length, signal)
    await sweep.start()
    for (let layer = 0; layer < spec.layers; layer++) await passBlock(layer, (block) => sweep.advance(block))
    nll += await sweep.score()
    if (first + together >= batches.length) model.freeEnds()
    for (let layer = spec.layers - 1; layer >= 0; layer--)
      await passBlock(layer, (block) => sweep.retreat(block, layer, sums))
    sweep.free()
  }
  model.free()
  const mean = nll / (windows.count * (windows.length - 1))
  if (!Number.isFinite(mean))
    throw new NumericalError(
      `gradients: expected finite log-likelihoods, got ${mean} — the weights overflow float32 on this text`,
    )
  return { linears: sums.means(), nll: mean }
}

/** Some batches on their way through all blocks and back. */
class Sweep {
  /** Hidden states [tokens, hidden] by batch, before every block passed so far. */
  readonly #states: Tensor[][] = []
  /** d(Σ −log p)/d(states) behind the block that is next on the way back, by batch. */
  #gradients: Tensor[] = []

  constructor(
    private readonly gpu: Gpu,
    private readonly model: CausalModel,
    private readonly batches: readonly WindowBatch[],
    /** Where the first batch begins among all tokens. */
    private readonly first: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async start(): Promise<void> {
    this.#states.push(await this.#each(async (rec, batch) => this.model.embed(rec, batch.ids, batch)))
  }

  async advance(block: BlockWeights): Promise<void> {
    const states = this.#states.at(-1)!
    this.#states.push(await this.#each(async (rec, batch, b) => this.model.block.run(rec, block, states[b]!, batch)))
  }

  /** Σ −log p of all batches; from here the way leads back. */
  async score(): Promise<number> {
    const { gpu, model } = this
    const states = this.#states.pop()!
    let sum = 0
    this.#gradients = await this.#each(async (rec, batch, b) => {
      const { nll, gradient } = nllGradient(gpu, rec, model, states[b]!, targetsOf(batch, 1))
      await gpu.submit(rec)
      gpu.free(states[b])
      for (const value of await gpu.readF32(nll)) sum += value
      gpu.free(nll)
      return gradient
    })
    return sum
  }

  /** Back through a block; adds the squares of the gradients to its linears' outputs to `sums`. */
  async retreat(block: BlockWeights, layer: number, sums: SquareSums): Promise<void> {
    const { gpu, model } = this
    const states = this.#states.pop()!
    const behind = this.#gradients
    let { first } = this
    let reading = Promise.resolve()
    this.#gradients = await this.#each(async (rec, batch, b) => {
      const tape = new Tape(gpu, rec)
      const squares = sums.of(layer, first)
      const gradient = gpu.alloc(states[b]!.shape, 'f32', 'gradient')
      const x = tape.leaf(states[b]!, gradient)
      const y = blockOnTape(tape, model.spec, model.rope, frozenBlock(tape, block), x, batch, {
        onOutputGradient: (role, g) => squares.record(rec, role, g),
      })
      tape.backward([y, behind[b]!])
      await gpu.submit(rec)
      gpu.free(states[b], behind[b])
      // the host reads one batch's sums while the device is at the next
      await reading
      reading = squares.read()
      first += batch.ids.length
      return gradient
    })
    await reading
  }

  free(): void {
    this.gpu.free(...this.#states.flat(), ...this.#gradients)
  }

  /** Runs what `record` records for every batch, in order, and gives what it made. */
  async #each(record: (rec: Recorder, batch: WindowBatch, b: number) => Promise<Tensor>): Promise<Tensor[]> {
    const made: Tensor[] = []
    for (const [b, batch] of this.batches.entries()) {
      checkCancelled(this.signal)
      const rec = this.gpu.record()
      made.push(await record(rec, batch, b))
      await this.gpu.submit(rec)
    }
    return made
  }
}

import { Tape } from '../../autograd/tape'
import { counted } from '../../counted'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { blockError, sumInto } from '../../kernels/block-error'
import { windowsPerBatch } from '../../models/batch-size'
import { type BlockVariables, blockOnTape, frozenBlock } from '../../models/block-tape'
import { randomFrom } from '../../random'
import type { Place, Samples, WorkingBlock } from '../method'
import type { Learner } from './learner'
import { drawSome, placesOf } from './windows'

export interface ReconstructionOptions {
  /** Windows a step; all of them where there are fewer. */
  readonly batch: number
  readonly seed: number
}

/**
 * Steps whose losses are read together, at most, and about how long they may take: the host waits for the device once in
 * so many, and heeds a wish to stop.
 */
const READ_EVERY = 25
const READ_MS = 250

/** The weights of a linear as the block computes with them, and dLoss/dweights. */
interface Soft {
  readonly learner: Learner
  readonly weight: Tensor
  readonly gradient: Tensor
}

/**
 * Gradient steps on a decoder block whose linears learn: each draws windows, runs the block on the inputs of the
 * quantized stream and pulls it to what the original block made of the original inputs (methods §3.1, two streams).
 *
 *     loss = mean over tokens of Σ over hidden of (target − block(input; Ŵ))²
 *
 * Windows that do not fit the device together go one part after another, their gradients added up.
 */
export class Reconstruction {
  readonly #samples: Samples
  readonly #places: readonly Place[]
  readonly #random: () => number
  readonly #batch: number
  readonly #softs: readonly Soft[]
  readonly #losses: Tensor

  constructor(
    private readonly block: WorkingBlock,
    learners: readonly Learner[],
    { batch, seed }: ReconstructionOptions,
  ) {
    const { gpu } = block
    this.#samples = block.samples()
    this.#places = placesOf(this.#samples)
    this.#batch = Math.min(batch, this.#places.length)
    this.#random = randomFrom(seed)
    this.#softs = learners.map((learner) => {
      const shape = [learner.spec.out, learner.spec.in]
      return { learner, weight: gpu.alloc(shape, 'f32', 'soft weights'), gradient: gpu.alloc(shape, 'f32', 'gradient') }
    })
    this.#losses = gpu.alloc([READ_EVERY], 'f32', 'losses')
  }

  /**
   * Takes `steps` steps; `since` have been taken since the optimisers' moments were cleared. `onLosses` gets every
   * step's loss, some steps at a time; where it answers false, the rest is not taken.
   */
  async run(steps: number, since: number, onLosses: (losses: Float32Array) => boolean): Promise<void> {
    const { gpu } = this.block
    const start = gpu.record()
    for (const { learner, weight } of this.#softs) learner.soften(start, weight)
    await gpu.submit(start)
    for (let done = 0; done < steps; ) {
      await this.block.checkpoint()
      const began = performance.now()
      const most = Math.min(READ_EVERY, steps - done)
      let count = 0
      // submitting waits for all but the last submissions, so that this is the device's time
      while (count < most && performance.now() - began < READ_MS) {
        const rec = gpu.record()
        await this.#step(rec, count, since + done + count + 1)
        await gpu.submit(rec)
        count++
      }
      done += count
      if (!onLosses((await gpu.readF32(this.#losses)).subarray(0, count))) return
    }
  }

  free(): void {
    const { gpu } = this.block
    for (const { weight, gradient } of this.#softs) gpu.free(weight, gradient)
    gpu.free(this.#losses)
  }

  async #step(rec: Recorder, at: number, step: number): Promise<void> {
    const drawn = drawSome(this.#places.length, this.#batch, this.#random).map((i) => this.#places[i]!)
    const { gpu, model } = this.block
    const together = Math.min(drawn.length, partWindows(gpu, model, this.#samples.length))
    for (let first = 0; first < drawn.length; first += together)
      await this.#part(rec, drawn.slice(first, first + together), at, first > 0)
    for (const { learner, gradient, weight } of this.#softs) learner.learn(rec, gradient, step, weight)
  }

  /** Forward and back for some windows of a step. */
  async #part(rec: Recorder, places: readonly Place[], at: number, accumulate: boolean): Promise<void> {
    const { gpu, model, rope, weights } = this.block
    const { length } = this.#samples
    const rows = places.length * length
    const columns = model.hidden
    const x = await this.#samples.windows(rec, places, 'input')
    const t = await this.#samples.windows(rec, places, 'target')
    const tape = new Tape(gpu, rec)
    const frozen = frozenBlock(tape, weights)
    const linears = { ...frozen.linears } as {
      -readonly [R in keyof BlockVariables['linears']]: BlockVariables['linears'][R]
    }
    for (const { learner, weight, gradient } of this.#softs) {
      const { role } = learner.spec
      linears[role] = { ...linears[role], weight: tape.leaf(weight, gradient, accumulate) }
    }
    const y = blockOnTape(tape, model, rope, { ...frozen, linears }, tape.constant(x), {
      windows: places.length,
      length,
    })
    const d = gpu.alloc([rows, columns], 'f32', 'output gradient')
    const sums = gpu.alloc([rows], 'f32', 'row errors')
    const tokens = this.#batch * length
    rec.run(blockError(rec.traits.software), { y: y.value, t, d, sums }, { rows, columns, scale: 2 / tokens })
    rec.run(
      sumInto(rec.traits.software),
      { x: sums, to: this.#losses },
      { count: rows, at, scale: 1 / tokens, accumulate },
    )
    gpu.free(t, sums)
    tape.backward([y, d])
    gpu.free(x, d)
  }
}

/** What to say, once a run, of a batch that the calibration data cannot fill. */
export function batchWarnings(block: WorkingBlock, batch: number): string[] {
  if (block.layer > 0) return []
  const { count } = block.samples()
  return batch > count
    ? [
        `a batch of ${batch} was asked for, but there ${count === 1 ? 'is' : 'are'} ${counted(count, 'window')}: every step takes all`,
      ]
    : []
}

/** Windows that go there and back together: on the tape a block holds about four times what it holds on the way there. */
export const partWindows = (gpu: Pick<Gpu, 'info'>, model: WorkingBlock['model'], length: number): number =>
  Math.max(1, Math.floor(windowsPerBatch(gpu.info, model, length) / 4))

import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { NO_TARGET } from '../kernels/nll'
import type { Operand } from '../kernels/project'
import type { CausalModel } from '../models/causal-model'
import type { BlockWeights, WeightSource } from '../models/weights'
import { checkCancelled, type WindowBatch } from './batching'

/** Hidden states held at once unless said otherwise. */
export const ROUND_BYTES = 512 * 2 ** 20

/** A batch of which row `rows[i]` predicts the token `targets[i]`. */
export interface ScoredBatch extends WindowBatch {
  readonly rows: Uint32Array
  readonly targets: Uint32Array
}

export interface BatchScores {
  /** −log p of every target, in nats. */
  readonly nll: Float32Array
  /** The likeliest token in the place of every target; null where not asked for. */
  readonly best: Uint32Array | null
}

export interface ScoringOptions {
  /** Find the likeliest tokens, too. */
  readonly greedy?: boolean
  /** Multiply codes as they are stored instead of dequantizing each block; the same sums in another order. */
  readonly stored?: boolean | undefined
  /** Where hidden states take more, the blocks are loaded once for every part of the batches that fits. */
  readonly roundBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called before every batch passes a block or the head. */
  readonly report?: (done: number, total: number) => void
}

/** Whether these weights are multiplied as stored codes where that is asked for: a checkpoint has none. */
export const storesCodes = ({ packed }: WeightSource, wanted = false): boolean => wanted && packed !== undefined

/** Scores of all batches. Blocks are loaded one after another: all batches of a round pass one before the next is loaded. */
export async function scoreBatches(
  gpu: Gpu,
  model: CausalModel,
  batches: readonly ScoredBatch[],
  options: ScoringOptions,
): Promise<BatchScores[]> {
  const total = batches.length * (model.spec.layers + 1)
  let done = 0
  const step = () => {
    options.report?.(done++, total)
    checkCancelled(options.signal)
  }
  const scores: BatchScores[] = []
  for (const round of roundsOf(batches, 4 * model.spec.hidden, options.roundBytes))
    scores.push(...(await scoreRound(gpu, model, round, options, step)))
  return scores
}

/** As many batches as fit, at least one. */
export function roundsOf(
  batches: readonly ScoredBatch[],
  bytesPerToken: number,
  roundBytes = ROUND_BYTES,
): ScoredBatch[][] {
  const rounds: ScoredBatch[][] = []
  let room = 0
  for (const batch of batches) {
    const bytes = bytesPerToken * batch.ids.length
    if (rounds.length === 0 || bytes > room) {
      rounds.push([])
      room = roundBytes
    }
    rounds.at(-1)!.push(batch)
    room -= bytes
  }
  return rounds
}

async function scoreRound(
  gpu: Gpu,
  model: CausalModel,
  batches: readonly ScoredBatch[],
  { greedy = false, stored = false }: ScoringOptions,
  step: () => void,
): Promise<BatchScores[]> {
  const hidden = await hiddenStates(gpu, model, batches, stored, step)
  const scores: BatchScores[] = []
  for (const [b, { rows, targets }] of batches.entries()) {
    step()
    const rec = gpu.record()
    const scored = model.gather(rec, hidden[b]!, rows)
    const best = greedy ? gpu.alloc([rows.length], 'u32', 'likeliest') : undefined
    const nll = model.nll(rec, scored, targets, best)
    gpu.free(scored, hidden[b])
    await gpu.submit(rec)
    scores.push({ nll: await gpu.readF32(nll), best: best ? await gpu.readU32(best) : null })
    gpu.free(nll, best)
  }
  return scores
}

/** What the last block gives for every batch, [tokens, hidden] each. `step` is called before a batch passes a block. */
export async function hiddenStates(
  gpu: Gpu,
  model: CausalModel,
  batches: readonly WindowBatch[],
  stored: boolean,
  step: () => void,
): Promise<Tensor[]> {
  const hidden: Tensor[] = []
  for (const batch of batches) {
    const rec = gpu.record()
    hidden.push(model.embed(rec, batch.ids, batch))
    await gpu.submit(rec)
  }
  const visit = async (block: BlockWeights<Operand>) => {
    for (const [b, batch] of batches.entries()) {
      step()
      const rec = gpu.record()
      const next = model.block.run(rec, block, hidden[b]!, batch)
      await gpu.submit(rec)
      gpu.free(hidden[b])
      hidden[b] = next
    }
  }
  await (stored ? model.forEachStoredBlock(visit) : model.forEachBlock(visit))
  return hidden
}

/** Row t predicts token t+1 of its window, if that one is scored. */
export function targetsOf({ ids, length }: WindowBatch, firstScored: number): Uint32Array {
  return ids.map((_, at) => {
    const next = (at % length) + 1
    return next >= firstScored && next < length ? ids[at + 1]! : NO_TARGET
  })
}

/** The windows with all tokens from `firstScored` on to be scored. */
export function scoredWindows(batch: WindowBatch, firstScored: number): ScoredBatch {
  const targets = targetsOf(batch, firstScored)
  const rows = Uint32Array.from(targets.keys()).filter((row) => targets[row] !== NO_TARGET)
  return { ...batch, rows, targets: rows.map((row) => targets[row]!) }
}

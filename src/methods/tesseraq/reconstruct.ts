import type { Gpu } from '../../gpu/device'
import type { ReconstructionRecord } from '../../records'
import type { WorkingBlock } from '../method'
import { Journal } from '../reconstruction/journal'
import { batchWarnings, Reconstruction } from '../reconstruction/reconstruction'
import type { TesseraqOptions } from './options'
import type { RoundingLearner } from './rounding'
import { softParts } from './schedule'

/** Least time between two reports of what has been recorded. */
const REPORT_MS = 250

export interface Outcome {
  readonly record: ReconstructionRecord
  readonly warnings: readonly string[]
}

/**
 * Progressive adaptive rounding (methods §3.2): in every round the surest roundings are fixed, then all that are soft,
 * and the scales, take `iterations` steps under fresh moments; what is soft at the end is rounded by its sign.
 */
export async function reconstruct(
  block: WorkingBlock,
  learners: readonly RoundingLearner[],
  { rounds, iterations, batch, learn }: TesseraqOptions,
): Promise<Outcome> {
  const { gpu, layer, seed } = block
  const weights = block.model.linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const rounding = learn !== 'scales'
  const journal = new Journal(rounds * iterations)
  // draws differ from block to block
  const reconstruction = new Reconstruction(block, learners, { batch, seed: seed + 1000 * layer })
  let [shown, broken] = [0, 0]
  const report = () => {
    shown = performance.now()
    block.report({ type: 'reconstruction', layer, steps: journal.steps, reconstruction: journal.record() })
  }
  for (const part of softParts(rounds)) {
    const soft = rounding ? part : 0
    const rec = gpu.record()
    for (const learner of learners) learner.beginRound(rec, soft)
    await gpu.submit(rec)
    await reconstruction.run(iterations, 0, (losses) => {
      const bad = losses.findIndex((loss) => !Number.isFinite(loss))
      journal.add(bad < 0 ? losses : losses.subarray(0, bad), rounding ? soft : Number.NaN)
      if (bad >= 0) broken = journal.taken + 1
      if (performance.now() - shown > REPORT_MS) report()
      return bad < 0
    })
    if (rounding) journal.countFlips((await flips(gpu, learners)) / weights)
    if (broken > 0) break
  }
  report()
  reconstruction.free()
  const left =
    broken > 0
      ? [
          `the loss left the finite numbers at step ${broken} of ${journal.steps}: the block keeps what it had learned before — lower the steps a round or look for huge weights`,
        ]
      : []
  return { record: journal.record(), warnings: [...batchWarnings(block, batch), ...left] }
}

/** Codes of these linears that differ from rounding to nearest. */
export async function flips(gpu: Gpu, learners: readonly RoundingLearner[]): Promise<number> {
  const count = gpu.alloc([1], 'u32', 'flips')
  const rec = gpu.record()
  rec.clear(count)
  for (const learner of learners) learner.countFlips(rec, count)
  await gpu.submit(rec)
  const [sum = 0] = await gpu.readU32(count)
  gpu.free(count)
  return sum
}

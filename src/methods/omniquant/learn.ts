import type { Role } from '../../models/weights'
import type { ReconstructionRecord } from '../../records'
import { type GridChoice, gridOf } from '../block-grid'
import type { WorkingBlock } from '../method'
import { Journal } from '../reconstruction/journal'
import { batchWarnings, Reconstruction } from '../reconstruction/reconstruction'
import type { ClipLearner, LearnedGrid } from './clip-learner'
import { LwcLearner } from './learner'
import { LineClipLearner } from './line-learner'

/** How clips are learned; the defaults are the source's. */
export interface ClipOptions extends GridChoice {
  /** Steps, counted in passes over as many windows as there are; 20. */
  readonly epochs?: number
  /** Of b and g; 0.01. */
  readonly learningRate?: number
  /** Windows a step; 1. */
  readonly batch?: number
}

export interface LearnedClips {
  /** Of every linear of the block, as they are stored. To be freed. */
  readonly grids: ReadonlyMap<Role, LearnedGrid>
  readonly reconstruction: ReconstructionRecord
  readonly warnings: readonly string[]
}

/** Steps after which clips are looked at, and kept when they are finite. */
const CHECK_EVERY = 25

/**
 * Learns the clips of all linears of a block together, each step on windows drawn by the seed. When the loss or the clips
 * leave the finite numbers, the last finite clips are taken, with a warning.
 */
export async function learnClips(
  block: WorkingBlock,
  { epochs = 20, learningRate = 0.01, batch = 1, ...grid }: ClipOptions,
): Promise<LearnedClips> {
  const { gpu, model } = block
  const learners: ClipLearner[] = []
  for (const spec of model.linears) {
    const type = gridOf(grid.grid, spec)
    const weight = block.weight(spec)
    learners.push(
      type
        ? await LineClipLearner.start(gpu, spec, weight, type, learningRate)
        : await LwcLearner.start(gpu, spec, weight, grid, learningRate),
    )
  }
  const journal = new Journal(stepsOf(epochs, block.samples().count, batch))
  const warnings = await train(block, learners, batch, journal)
  const grids = new Map<Role, LearnedGrid>()
  for (const learner of learners) {
    grids.set(learner.spec.role, await learner.result())
    learner.free()
  }
  return { grids, reconstruction: journal.record(), warnings: [...batchWarnings(block, batch), ...warnings] }
}

/** Steps that visit as many windows as so many passes do. */
export const stepsOf = (epochs: number, windows: number, batch: number): number => epochs * Math.ceil(windows / batch)

/** Takes the steps of the journal; what went wrong. */
async function train(
  block: WorkingBlock,
  learners: readonly ClipLearner[],
  batch: number,
  journal: Journal,
): Promise<string[]> {
  const { gpu, layer, seed } = block
  const { steps } = journal
  const reconstruction = new Reconstruction(block, learners, { batch, seed: seed + 1000 * layer })
  const read = () => Promise.all(learners.map(({ clips }) => gpu.readF32(clips)))
  let kept = await read()
  const warnings: string[] = []
  while (journal.taken < steps && warnings.length === 0) {
    const since = journal.taken
    let left = ''
    await reconstruction.run(Math.min(CHECK_EVERY, steps - since), since, (losses) => {
      const lost = losses.findIndex((loss) => !Number.isFinite(loss))
      journal.add(lost < 0 ? losses : losses.subarray(0, lost), Number.NaN)
      if (lost >= 0) left = `loss left the finite numbers at step ${journal.taken + 1}`
      return lost < 0
    })
    const clips = await read()
    if (!left && !clips.every((values) => values.every(Number.isFinite)))
      left = `clips left the finite numbers by step ${journal.taken}`
    if (left) {
      warnings.push(
        `the ${left}; the clips of step ${since} are used — lower the learning rate, or look for a text that overflows`,
      )
      const rec = gpu.record()
      learners.forEach((learner, i) => void rec.write(learner.clips, kept[i]!))
      await gpu.submit(rec)
    } else kept = clips
    block.report({ type: 'reconstruction', layer, steps, reconstruction: journal.record() })
  }
  reconstruction.free()
  return warnings
}

import type { FinishedBlock } from '../formats/bitloom/block'
import type { StatesPlace } from '../inspection-records'
import type { Progress } from '../records'
import { batchWords, type Descent, type Footing, fewer, statesWords } from './less-memory'
import type { PhaseClock } from './phase-clock'
import type { RunFolder } from './run-folder'
import type { Windows } from './windows'

/** Where a run keeps its hidden states, and how many windows pass a block together. */
export interface RunFooting extends Footing {
  readonly states: StatesPlace
}

interface RunDescent {
  /** Null for methods without calibration, which have nothing to give up. */
  readonly windows: Windows | null
  /** Windows of a batch, as usual. */
  readonly usual: number
  readonly first: RunFooting
  /** Where hidden states may go from the GPU; null where there is no room. */
  readonly elsewhere: StatesPlace | null
  readonly folder: RunFolder
  readonly blocks: ReadonlyMap<number, FinishedBlock>
  readonly clock: PhaseClock
  readonly onProgress: (progress: Progress) => void
}

/**
 * What a run gives up when the GPU's memory runs out. First hidden states leave the GPU, which changes no result; then batches are
 * halved, again and again: sums then have another order, so the run's folder and its blocks say how large they were.
 */
export const descentOf = (run: RunDescent): Descent<RunFooting> => ({
  ...{ first: run.first, length: run.windows?.length ?? 1 },
  down(at) {
    const { windows, elsewhere, usual } = run
    if (!windows) return null
    if (at.states === 'gpu' && elsewhere) return { ...at, states: elsewhere }
    const less = fewer(at.windows ?? usual)
    return less === null ? null : { ...at, windows: less }
  },
  words: ({ states, windows }) =>
    [...(states === 'gpu' ? [] : [statesWords(states)]), ...(windows === null ? [] : [batchWords(windows)])].join(
      ' and ',
    ),
  async step({ windows }, text) {
    const { folder, blocks, clock, onProgress } = run
    // what was lost is in no count of seconds
    clock.drop()
    if (windows !== null) await folder.lower(windows)
    const from = `, from ${blocks.size === 0 ? 'the start' : `block ${blocks.size + 1}`} on`
    const order = windows === null ? '' : '; last bits of sums may differ from those of larger batches'
    onProgress({ type: 'warning', text: `${text}${from}${order}` })
  },
})

/** Windows a batch that a run goes on with; null for as many as usual. */
export function keptWindows(
  { windows, blocks }: { readonly windows: number | null; readonly blocks: ReadonlyMap<number, FinishedBlock> },
  usual: number,
): number | null {
  const least = Math.min(windows ?? usual, ...[...blocks.values()].map((block) => block.windows ?? usual))
  return least < usual ? Math.max(1, least) : null
}

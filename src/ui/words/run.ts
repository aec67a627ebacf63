import type { RunState } from '../../state/progress'
import { ofAll, plural } from './counts'

export const runWords = {
  status: {
    running: 'running',
    paused: 'paused',
    cancelling: 'stopping',
    done: 'finished',
    cancelled: 'cancelled',
    failed: 'failed',
  } satisfies Record<RunState['status'], string>,
  starting: 'starting',
  warnings: 'Warnings of the run',
  quantize: 'Quantize',
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  paused: 'Waits after the step at work, its memory kept. Closing this tab loses the block at work only.',
  noRoom: 'Waits for room',

  obstacles: {
    quantized: 'This model is already quantized.',
    cannotRun: 'The model cannot run here: see Inspect.',
    noGpu: 'Needs a GPU.',
    starting: 'Waits for the engine.',
    noRecipe: 'Waits for a recipe.',
    problem: 'The recipe has a value to correct.',
    benchmark: 'The benchmark is running.',
    busy: 'The engine is busy with another step.',
  },

  sweep: (option: string, value: string | number) => `${option}: ${value}`,
  block: (run: string, done: number, layers: number) => `${run}: block ${ofAll(done, layers)}`,
  reconstructing: (block: number, layers: number) =>
    `reconstruct: block ${layers > 0 ? ofAll(block, layers) : block}, steps`,

  calibrated: 'Calibrated on',
  tokensOf: (tokens: number, text: string) => `${plural(tokens, 'token')} of ${text}`,
  nothing: 'nothing',
  device: 'Device',
  wentOn: 'Went on with',
  blocks: (kept: number, layers: number) => ofAll(kept, plural(layers, 'block')),
  elapsed: 'Elapsed',
  took: 'Took',
  left: 'Time left',
  noneLeft: 'none',
  memory: 'GPU memory',
  unknown: 'not yet known',
}

/** The runs of this sitting. */
export const runsTableWords = {
  label: 'Runs of this sitting',
  title: 'Runs',
  note: 'of this sitting; mark two as A and B to see where their bits differ.',
  all: 'All kept runs',
  run: 'Run',
  sides: { a: 'A', b: 'B' },
  mark: (run: number, side: 'a' | 'b') => `Run ${run} as ${side === 'a' ? 'A' : 'B'}`,
  recipe: 'Recipe',
  columns: {
    bits: { title: 'Effective bits', help: 'A weight, from stored bytes' },
    width: { title: 'Code bits', help: 'Mean width of the codes' },
    error: { title: 'Median error', help: 'Of the modules’ outputs; of their weights without calibration' },
    time: { title: 'Time', help: 'Wall-clock' },
  },
  perplexity: 'Perplexity',
  perplexityOf: (text: string) => `Perplexity ${text}`,
  setting: (text: string, protocol: string, maxTokens: number | null) =>
    `${text}, ${protocol}, ${maxTokens === null ? 'whole text' : `first ${plural(maxTokens, 'token')}`}`,
  interval: (bounds: string) => `95 %: ${bounds}`,
  none: 'none',
  again: 'Run again',
  againOf: (run: number) => `Run again with the recipe of run ${run}`,
}

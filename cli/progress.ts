import { counted } from '../src/counted'
import type { Progress, ReconstructionRecord, TrainingRecord } from '../src/records'
import { visible } from '../src/visible'

/** Progress belongs on standard error; standard output is the result's. */
export const say = (line: string): void => void process.stderr.write(`${visible(line)}\n`)

/** Takes back a line that passes, on a terminal. */
const clear = process.stderr.isTTY ? '\r\x1b[K' : ''

/** What passes: of interest while it lasts. */
type Passing = Extract<Progress, { type: 'phase' | 'training' | 'reconstruction' }>
const passes = (progress: Progress): progress is Passing =>
  progress.type === 'phase' || progress.type === 'training' || progress.type === 'reconstruction'

/** Tells work of many parts: a line a finished part, what passes meanwhile on one that is overwritten, on a terminal. */
export function partsPrinter(): { readonly tell: (line: string) => void; readonly pass: (progress: Progress) => void } {
  const lineOf = passingLines()
  return {
    tell: (line) => {
      process.stderr.write(clear)
      say(line)
    },
    pass: (progress) => {
      if (process.stderr.isTTY && passes(progress)) process.stderr.write(clear + visible(lineOf(progress)))
    },
  }
}

/**
 * Tells a run's progress: a line a finished module and block; what passes on one line that is overwritten, on a terminal.
 * Elsewhere a reconstruction, which may take hours, has a line now and then.
 */
export function progressPrinter(): (progress: Progress) => void {
  const { tell, pass } = partsPrinter()
  const lineNow = passingLines()
  const due = atMostEvery(RECONSTRUCTION_MS)
  return (progress) => {
    if (!passes(progress)) tell(lineOf(progress))
    else if (process.stderr.isTTY) pass(progress)
    else {
      const line = lineNow(progress)
      if (progress.type === 'reconstruction' && due()) tell(line)
    }
  }
}

/** Between two lines of a reconstruction where lines stay. */
const RECONSTRUCTION_MS = 2000

/** Whether so long has passed since it last was true. */
export function atMostEvery(ms: number, now: () => number = () => performance.now()): () => boolean {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const time = now()
    if (time - last < ms) return false
    last = time
    return true
  }
}

/** Learning as numbers: what the last recorded step came to. */
export function trainingLine(name: string, steps: number, training: TrainingRecord): string {
  const { step, loss, bits, entropy } = training
  const last = step.length - 1
  if (last < 0) return `${name}  learning, ${counted(steps, 'step')}`
  return `${name}  step ${step[last]}/${steps}  loss ${loss[last]!.toExponential(2)}  mean bits ${bits[last]!.toFixed(3)}  entropy ${entropy[last]!.toFixed(2)}`
}

/** A reconstruction as numbers: its last recorded step, and the last count of codes there was. */
export function reconstructionLine(block: string, steps: number, record: ReconstructionRecord): string {
  const { step, loss, soft, flips } = record
  const last = step.length - 1
  if (last < 0) return `${block}: reconstruction, ${counted(steps, 'step')}`
  const flipped = flips.findLast(Number.isFinite)
  const facts = [
    `loss ${loss[last]!.toPrecision(3)}`,
    ...(Number.isFinite(soft[last]!) ? [`${(100 * soft[last]!).toFixed(0)} % soft`] : []),
    ...(flipped === undefined ? [] : [`${(100 * flipped).toFixed(1)} % flipped`]),
  ]
  return `${block}: step ${step[last]} of ${steps}, ${facts.join(', ')}`
}

/** Lines for what passes; a reconstruction is called by the block that the phase before it named. */
function passingLines(): (progress: Passing) => string {
  let block = ''
  return (progress) => {
    if (progress.type === 'training') return trainingLine(progress.name, progress.steps, progress.training)
    if (progress.type === 'reconstruction') return reconstructionLine(block, progress.steps, progress.reconstruction)
    block = progress.label
    return `${progress.phase} ${progress.done}/${progress.total} ${progress.label}`
  }
}

function lineOf(progress: Exclude<Progress, Passing>): string {
  if (progress.type === 'warning') return `warning: ${progress.text}`
  if (progress.type === 'refused') return progress.text
  if (progress.type === 'resumed')
    return `goes on where it was broken off: ${progress.blocks} of ${counted(progress.layers, 'block')} ${progress.blocks === 1 ? 'is' : 'are'} kept`
  if (progress.type === 'block') {
    const { layer, layers, seconds, drift, secondsLeft } = progress
    const drifted = drift === null ? '' : `  drift ${drift.toExponential(2)}`
    return `block ${layer + 1}/${layers}  ${seconds.toFixed(1)} s${drifted}  about ${secondsLeft.toFixed(0)} s left`
  }
  const { name, bits, error, damping, seconds, training } = progress.module
  const output = error.output === null ? '' : `  output error ${error.output.toExponential(2)}`
  const damped = damping === null ? '' : `  damping ${damping}`
  const learned = training ? `  learned in ${counted(training.step.at(-1) ?? 0, 'step')}` : ''
  return `${name}  ${bits.total.toFixed(3)} bits  weight error ${error.weight.toExponential(2)}${output}${damped}${learned}  ${seconds.toFixed(2)} s`
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

import type { Progress, TrainingRecord } from '../src/records'

/** Progress belongs on standard error; standard output is the result's. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Takes back a line that passes, on a terminal. */
const clear = process.stderr.isTTY ? '\r\x1b[K' : ''

/** Tells work of many parts: a line a finished part, what passes meanwhile on one that is overwritten, on a terminal. */
export function partsPrinter(): { readonly tell: (line: string) => void; readonly pass: (progress: Progress) => void } {
  const terminal = process.stderr.isTTY
  return {
    tell: (line) => say(clear + line),
    pass: (progress) => {
      if (terminal && (progress.type === 'phase' || progress.type === 'training'))
        process.stderr.write(clear + passingLine(progress))
    },
  }
}

/** Tells a run's progress: a line a finished module and block; phases and learning on one line that is overwritten, on a terminal. */
export function progressPrinter(): (progress: Progress) => void {
  const { tell, pass } = partsPrinter()
  return (progress) => {
    if (progress.type === 'phase' || progress.type === 'training') pass(progress)
    else if (progress.type !== 'reconstruction') tell(lineOf(progress))
  }
}

/** Learning as numbers: what the last recorded step came to. */
export function trainingLine(name: string, steps: number, training: TrainingRecord): string {
  const { step, loss, bits, entropy } = training
  const last = step.length - 1
  if (last < 0) return `${name}  learning, ${steps} steps`
  return `${name}  step ${step[last]}/${steps}  loss ${loss[last]!.toExponential(2)}  mean bits ${bits[last]!.toFixed(3)}  entropy ${entropy[last]!.toFixed(2)}`
}

type Passing = Extract<Progress, { type: 'phase' | 'training' }>
type Telling = Exclude<Progress, Passing | { type: 'reconstruction' }>

const passingLine = (progress: Passing): string =>
  progress.type === 'phase'
    ? `${progress.phase} ${progress.done}/${progress.total} ${progress.label}`
    : trainingLine(progress.name, progress.steps, progress.training)

function lineOf(progress: Telling): string {
  if (progress.type === 'warning') return `warning: ${progress.text}`
  if (progress.type === 'block') {
    const { layer, layers, seconds, drift, secondsLeft } = progress
    const drifted = drift === null ? '' : `  drift ${drift.toExponential(2)}`
    return `block ${layer + 1}/${layers}  ${seconds.toFixed(1)} s${drifted}  about ${secondsLeft.toFixed(0)} s left`
  }
  const { name, bits, error, damping, seconds, training } = progress.module
  const output = error.output === null ? '' : `  output error ${error.output.toExponential(2)}`
  const damped = damping === null ? '' : `  damping ${damping}`
  const learned = training ? `  learned in ${training.step.at(-1) ?? 0} steps` : ''
  return `${name}  ${bits.total.toFixed(3)} bits  weight error ${error.weight.toExponential(2)}${output}${damped}${learned}  ${seconds.toFixed(2)} s`
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

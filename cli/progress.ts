import type { Progress } from '../src/records'

/** Progress belongs on standard error; standard output is the result's. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Tells a run's progress: a line a finished module and block; phases on one line that is overwritten, on a terminal. */
export function progressPrinter(): (progress: Progress) => void {
  const terminal = process.stderr.isTTY
  const clear = terminal ? '\r\x1b[K' : ''
  return (progress) => {
    if (progress.type !== 'phase') say(clear + lineOf(progress))
    else if (terminal)
      process.stderr.write(`${clear}${progress.phase} ${progress.done}/${progress.total} ${progress.label}`)
  }
}

function lineOf(progress: Exclude<Progress, { type: 'phase' }>): string {
  if (progress.type === 'warning') return `warning: ${progress.text}`
  if (progress.type === 'block') {
    const { layer, layers, seconds, drift, secondsLeft } = progress
    const drifted = drift === null ? '' : `  drift ${drift.toExponential(2)}`
    return `block ${layer + 1}/${layers}  ${seconds.toFixed(1)} s${drifted}  about ${secondsLeft.toFixed(0)} s left`
  }
  const { name, bits, error, damping, seconds } = progress.module
  const output = error.output === null ? '' : `  output error ${error.output.toExponential(2)}`
  const damped = damping === null ? '' : `  damping ${damping}`
  return `${name}  ${bits.total.toFixed(3)} bits  weight error ${error.weight.toExponential(2)}${output}${damped}  ${seconds.toFixed(2)} s`
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

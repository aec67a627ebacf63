import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { say } from './progress'

/** What a person or a system stops a program with. */
export type StopSignal = 'SIGINT' | 'SIGTERM'

/** How long a command that is to stop has for what it has half done: a finished block on its way to the disk, mostly. */
export const GRACE_MS = 8000

/** When a process that is to end and does not is ended from outside. */
const LAST_RESORT_MS = 12_000

/** The shells' word for a program that a signal ended. */
export const exitCodeOf = (signal: AbortSignal): number => 128 + constants.signals[signal.reason as StopSignal]

/**
 * The first signal lets a command put away what it has half done, for some seconds; the second one ends the program at once.
 * From the first on another process sees to it that this one ends.
 */
export function stopOnSignals(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] satisfies StopSignal[])
    process.once(signal, () => {
      endFromOutside(process.pid, LAST_RESORT_MS)
      stop.abort(signal)
    })
  return stop.signal
}

/** Resolves to the exit code when a command that was asked to stop has taken too long for it. */
export function overdue(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const wait = () =>
      setTimeout(() => {
        say(
          `\nbitloom: stopped; what was at work took more than ${GRACE_MS / 1000} s to put away and is left; finished blocks are kept`,
        )
        resolve(exitCodeOf(signal))
      }, GRACE_MS)
    signal.addEventListener('abort', wait, { once: true })
  })
}

const WATCH = `
setTimeout(() => { try { process.kill(Number(process.argv[1]), 'SIGKILL') } catch {} process.exit() }, Number(process.argv[2]))
process.stdin.on('end', () => process.exit()).resume()`

/**
 * Kills a process in `ms` unless this one has ended before: no thread of its own can where a driver does not come back,
 * be it in a call or when it is torn down. Gives what calls it off.
 */
export function endFromOutside(pid: number, ms: number): () => void {
  const watcher = spawn(process.execPath, ['-e', WATCH, String(pid), String(ms)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // the terminal's Ctrl+C is not for it
  })
  watcher.on('error', () => {}) // no room for a process: then there is none to watch
  watcher.stdin.on('error', () => {})
  watcher.unref()
  return () => watcher.stdin.destroy()
}

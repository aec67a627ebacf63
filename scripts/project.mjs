import { spawn } from 'node:child_process'
import { readdirSync, realpathSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** True when this module is what Node was asked to run, false when another module or a test imports it. */
export const isMain = (url) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)

/** Prints why it cannot go on, and leaves. For what the person at the keyboard has to put right. */
export function giveUp(message) {
  console.error(`\n${message}`)
  process.exit(1)
}

/**
 * Runs a program in the checkout, showing what it prints, and resolves to its exit code (128 + n when signal n ended
 * it). `quiet` sends its standard output to ours for errors: somebody may be parsing what we print.
 * Asked to stop meanwhile, we wait for the program to end in its own way and then leave with its exit code.
 */
export function run(command, args, { env = {}, cwd = root, quiet = false } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['inherit', quiet ? 2 : 'inherit', 'inherit'],
    })
    let stopped = false
    const stop = (signal) => {
      stopped = true
      // Ctrl+C reaches every program of the terminal by itself.
      if (signal !== 'SIGINT') child.kill(signal)
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    child.on('error', fail)
    child.on('close', (code, signal) => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      const result = code ?? 128 + constants.signals[signal]
      if (stopped) process.exit(result)
      done(result)
    })
  })
}

/** Runs the entry point of an installed package with this Node: the same on every system, unlike the shims in .bin. */
export const runTool = (entry, args, options) =>
  run(process.execPath, [join(root, 'node_modules', entry), ...args], options)

/** Exits with the code of a failed program; a program that worked returns here. */
export function must(code, what) {
  if (code !== 0) giveUp(`${what} failed with exit code ${code}: see its output above`)
}

/** Newest modification time in milliseconds under a file or folder, 0 when it is absent. Tests do not count. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  // A folder's own time counts too: it is what changes when a file is deleted.
  if (!stat.isDirectory()) return stat.mtimeMs
  const inside = readdirSync(path).filter((name) => !name.includes('.test.'))
  return inside.reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs)
}

/** Whether a built file is missing or older than any of the files and folders it is made from. */
export function isStale(output, inputs) {
  const built = statSync(resolve(root, output), { throwIfNoEntry: false })
  return !built || inputs.some((input) => newest(resolve(root, input)) > built.mtimeMs)
}

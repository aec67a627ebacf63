import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StorageError } from '../src/errors'
import type { OutputFile } from '../src/formats/export-fp16'
import type { Progress } from '../src/pipeline/records'

/** Progress belongs on standard error; standard output is the result's. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Tells a run's progress: a line a finished module and block, one that is overwritten where the terminal allows it. */
export function progressPrinter(): (progress: Progress) => void {
  const terminal = process.stderr.isTTY
  return (progress) => {
    switch (progress.type) {
      case 'phase':
        if (terminal)
          process.stderr.write(`\r\x1b[K${progress.phase} ${progress.done}/${progress.total} ${progress.label}`)
        break
      case 'module': {
        const { name, bits, error, damping, seconds } = progress.module
        const output = error.output === null ? '' : `  output error ${error.output.toExponential(2)}`
        const damped = damping === null ? '' : `  damping ${damping}`
        if (terminal) process.stderr.write('\r\x1b[K')
        say(
          `${name}  ${bits.total.toFixed(3)} bits  weight error ${error.weight.toExponential(2)}${output}${damped}  ${seconds.toFixed(2)} s`,
        )
        break
      }
      case 'block': {
        const { layer, layers, seconds, drift, secondsLeft } = progress
        if (terminal) process.stderr.write('\r\x1b[K')
        say(
          `block ${layer + 1}/${layers}  ${seconds.toFixed(1)} s${drift === null ? '' : `  drift ${drift.toExponential(2)}`}  about ${secondsLeft.toFixed(0)} s left`,
        )
        break
      }
      case 'warning':
        say(`warning: ${progress.text}`)
    }
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Refuses to touch what is there already, before any work is done for it. */
export async function refuseExisting(path: string, remedy: string): Promise<void> {
  if (await exists(path)) throw new StorageError(`output: expected a new path, got '${path}', which exists — ${remedy}`)
}

/** Writes chunks to `path`, which appears only when it is whole. Returns the bytes written. */
export async function writeFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const partial = `${path}.partial`
  await mkdir(dirname(path), { recursive: true })
  const stream = createWriteStream(partial)
  let bytes = 0
  try {
    await once(stream, 'open')
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (!stream.write(chunk)) await once(stream, 'drain')
    }
    stream.end()
    await once(stream, 'close')
    await rename(partial, path)
    return bytes
  } catch (error) {
    stream.destroy()
    await rm(partial, { force: true })
    if ((error as NodeJS.ErrnoException).code)
      throw new StorageError(
        `output: expected to write '${path}', got ${(error as Error).message} — choose another place`,
      )
    throw error
  }
}

/** Writes a folder of files that appears only when it is whole. */
export async function writeFolder(path: string, files: readonly OutputFile[]): Promise<number> {
  const partial = `${path}.partial`
  let bytes = 0
  try {
    for (const { name, chunks } of files) bytes += await writeFile(join(partial, name), chunks)
    await rename(partial, path)
    return bytes
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

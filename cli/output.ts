import { access, constants, mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BitloomError, StorageError } from '../src/errors'
import type { OutputFile } from '../src/formats/hf-folder'
import { checkCancelled } from '../src/pipeline/batching'

/**
 * Makes sure, before any work is done for it, that `path` can be written: nothing is there (or, with `replace`, at most
 * a file), and its folder exists and takes files. StorageError otherwise, and what is there stays as it is.
 */
export async function prepareOutput(path: string, remedy: string, replace = false): Promise<void> {
  const there = await stat(path).catch(() => null)
  if (there && !(replace && there.isFile()))
    throw new StorageError(`output: expected a new path, got '${path}', which exists — ${remedy}`)
  await naming(path, async () => {
    await mkdir(dirname(path), { recursive: true })
    await access(dirname(path), constants.W_OK)
  })
}

/** StorageError unless so many bytes fit where `path` is to be. */
export async function roomFor(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path))
  const free = bavail * bsize
  if (free < bytes)
    throw new StorageError(
      `output: expected room for ${bytes} bytes at '${path}', got ${free} — free ${bytes - free} bytes, or choose another place`,
    )
}

/** Writes a file that appears only when it is whole; resolves to its bytes. CancelledError when the signal aborts. */
export async function writeFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  return whole(path, (partial) => pour(partial, chunks, signal))
}

/** Writes a folder of files that appears only when it is whole; resolves to its bytes. */
export async function writeFolder(
  path: string,
  files: readonly OutputFile[],
  signal: AbortSignal | undefined,
): Promise<number> {
  return whole(path, async (partial) => {
    await mkdir(partial)
    let bytes = 0
    for (const { name, chunks } of files) bytes += await pour(join(partial, name), chunks, signal)
    return bytes
  })
}

/** Lets `write` work under a name nobody else uses, then gives it the right one; leaves nothing behind on failure. */
async function whole(path: string, write: (partial: string) => Promise<number>): Promise<number> {
  const partial = `${path}.${process.pid}.partial`
  return naming(path, async () => {
    try {
      const bytes = await write(partial)
      await rename(partial, path)
      return bytes
    } catch (error) {
      await rm(partial, { recursive: true, force: true })
      throw error
    }
  })
}

async function pour(path: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<number> {
  const file = await open(path, 'wx')
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      checkCancelled(signal)
      await file.writeFile(chunk)
      bytes += chunk.length
    }
    return bytes
  } finally {
    await file.close()
  }
}

/** What the file system says, as an error that names the output and what to do. */
async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof BitloomError || code === undefined) throw error
    throw new StorageError(
      `output: expected to write '${path}', got '${code}' — ${code === 'ENOSPC' ? 'free some space, or ' : ''}choose another place`,
    )
  }
}

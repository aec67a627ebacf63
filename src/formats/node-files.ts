import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { FormatError } from '../errors'
import { type ByteSource, checkRange } from './bytes'

/** A file on disk. It is opened for each read: a model may have hundreds of shards and nobody has to close them. */
export async function fileSource(path: string): Promise<ByteSource> {
  const name = basename(path)
  const { size } = await stat(path).catch((cause) => {
    throw new FormatError(`${path}: expected a file, got '${cause.code ?? cause}' — check the path`)
  })
  const read = async (offset: number, length: number) => {
    checkRange(name, size, offset, length)
    const handle = await open(path).catch((cause) => {
      throw new FormatError(`${path}: expected a readable file, got '${cause.code ?? cause}' — check its permissions`)
    })
    try {
      const bytes = new Uint8Array(length)
      for (let filled = 0; filled < length; ) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
        if (bytesRead === 0)
          throw new FormatError(
            `${path}: expected ${size} bytes, got ${offset + filled} — the file shrank; open it again`,
          )
        filled += bytesRead
      }
      return bytes
    } finally {
      await handle.close()
    }
  }
  return { name, size, read }
}

/** The files directly inside a folder, by name; or the one file that the path names. */
export async function folderSources(path: string): Promise<ByteSource[]> {
  return Promise.all((await folderNames(path)).map(fileSource))
}

/** Paths of the same files. */
export async function folderNames(path: string): Promise<string[]> {
  const info = await stat(path).catch((cause) => {
    throw new FormatError(`${path}: expected a model folder or file, got '${cause.code ?? cause}' — check the path`)
  })
  if (!info.isDirectory()) return [path]
  const files: string[] = []
  for (const name of (await readdir(path)).sort()) {
    const inside = join(path, name)
    // stat, not the directory entry: hub caches hold symbolic links to the real files. A dangling one is no file.
    const entry = await stat(inside).catch(() => null)
    if (entry?.isFile()) files.push(inside)
  }
  return files
}

import type { ByteSource } from '../formats/bytes'
import type { Hash } from '../sha256'

/**
 * Where fetched files are kept: folders of files, in the browser's private file system or on disk. It knows nothing of
 * repositories. StorageError where it is full, or where another program writes the same file.
 */
export interface FileStore {
  folders(): Promise<string[]>
  files(folder: string): Promise<{ readonly name: string; readonly size: number }[]>
  /** Null where there is no such file. */
  source(folder: string, name: string): Promise<ByteSource | null>
  /** Opens a file to add to its end; makes it, and its folder, where there is none. */
  append(folder: string, name: string): Promise<Appender>
  /** Takes the place of a file of that name. */
  rename(folder: string, from: string, to: string): Promise<void>
  /** A file, or a whole folder; nothing happens where there is none. */
  remove(folder: string, name?: string): Promise<void>
  /** SHA-256 by the platform, where it can hash in pieces: ten times as fast as ours. */
  hash?(): Hash
  /** Bytes that still fit; null where nobody knows. */
  free(): Promise<number | null>
}

export interface Appender {
  /** Bytes that are there. */
  readonly size: number
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** Starts over. */
  empty(): Promise<void>
  close(): Promise<void>
}

/** Writes a small file that is there whole or not at all. */
export async function writeText(store: FileStore, folder: string, name: string, text: string): Promise<void> {
  const aside = `${name}.new`
  const file = await store.append(folder, aside)
  try {
    await file.empty()
    await file.write(new TextEncoder().encode(text))
  } finally {
    await file.close()
  }
  await store.rename(folder, aside, name)
}

/** The text of a small file; null where there is none. */
export async function readText(store: FileStore, folder: string, name: string): Promise<string | null> {
  const file = await store.source(folder, name)
  return file && new TextDecoder().decode(await file.read(0, file.size))
}

import { invariant } from '../errors'
import type { ByteSource } from '../formats/bytes'
import type { Appender, FileStore } from './store'

/** Bytes that a run sets down and takes up again, by name: in the host's memory, or in files. None outlives the run. */
export interface Scratch {
  /** Begins anew under this name; `size` bytes are to come. They can be read when it is closed. */
  write(name: string, size: number): Promise<Pick<Appender, 'write' | 'close'>>
  /** Bytes [offset, offset + length) of what was written, a buffer of their own. */
  read(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** Forgets everything. */
  clear(): Promise<void>
}

export function memoryScratch(): Scratch {
  const held = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    async write(name, size) {
      const there = held.get(name)
      const bytes = there?.length === size ? there : new Uint8Array(size)
      held.set(name, bytes)
      let at = 0
      return {
        async write(piece) {
          bytes.set(piece, at)
          at += piece.length
        },
        async close() {
          invariant(at === size, () => `${name}: ${at} of ${size} bytes were written`)
        },
      }
    },
    async read(name, offset, length) {
      const bytes = held.get(name)
      invariant(bytes && offset + length <= bytes.length, () => `${name}: read before it was written`)
      return bytes.slice(offset, offset + length)
    },
    async clear() {
      held.clear()
    },
  }
}

/** Files of a folder that is this scratch's alone; StorageError where there is no room for them. */
export function fileScratch(store: FileStore, folder: string): Scratch {
  /** Opened once after each write: some file systems take snapshots. */
  const sources = new Map<string, ByteSource>()
  return {
    async write(name) {
      sources.delete(name)
      const file = await store.append(folder, name)
      await file.empty()
      return file
    },
    async read(name, offset, length) {
      const source = sources.get(name) ?? (await store.source(folder, name))
      invariant(source, () => `${name}: read before it was written`)
      sources.set(name, source)
      return source.read(offset, length)
    },
    async clear() {
      sources.clear()
      await store.remove(folder)
    },
  }
}

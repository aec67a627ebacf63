import { StorageError } from '../errors'
import { memorySource } from '../formats/bytes'
import type { FileStore } from './store'

type Folder = Map<string, Uint8Array<ArrayBuffer>[]>

const sizeOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0)

/**
 * Folders that live as long as whoever holds them.
 * @param capacity bytes that fit; a write beyond them fails as one on a full disk does
 */
export function memoryStore(capacity: () => number = () => Number.POSITIVE_INFINITY): FileStore {
  const all = new Map<string, Folder>()
  const free = () =>
    [...all.values()].flatMap((files) => [...files.values()]).reduce((rest, parts) => rest - sizeOf(parts), capacity())
  return {
    folders: async () => [...all.keys()],
    files: async (folder) => [...(all.get(folder) ?? [])].map(([name, parts]) => ({ name, size: sizeOf(parts) })),
    async source(folder, name) {
      const parts = all.get(folder)?.get(name)
      if (!parts) return null
      const bytes = new Uint8Array(sizeOf(parts))
      let at = 0
      for (const part of parts) {
        bytes.set(part, at)
        at += part.length
      }
      all.get(folder)?.set(name, [bytes])
      return memorySource(bytes, name)
    },
    async append(folder, name) {
      const files: Folder = all.get(folder) ?? new Map()
      all.set(folder, files)
      const parts = files.get(name) ?? []
      files.set(name, parts)
      return {
        get size() {
          return sizeOf(parts)
        },
        async write(bytes) {
          if (bytes.length > free())
            throw new StorageError(`${name}: expected room for ${bytes.length} bytes, got ${free()} — free some space`)
          parts.push(bytes.slice())
        },
        async empty() {
          parts.length = 0
        },
        async close() {},
      }
    },
    async rename(folder, from, to) {
      const files = all.get(folder)
      const parts = files?.get(from)
      if (!files || !parts) throw new StorageError(`${from}: expected a file to rename, got none — write it first`)
      files.delete(from)
      files.set(to, parts)
    },
    async remove(folder, name) {
      if (name === undefined) all.delete(folder)
      else all.get(folder)?.delete(name)
    },
    free: async () => (Number.isFinite(capacity()) ? free() : null),
  }
}

import { StorageError } from '../errors'
import { blobSource } from '../formats/bytes'
import type { FileStore } from '../storage/store'

/** The browser's private file system as a store; its files are blobs, too. Works in a worker only: handles are synchronous. */
export interface OpfsStore extends FileStore {
  blob(folder: string, name: string): Promise<Blob>
}

/** @param root the folder of all its folders */
export function opfsStore(root: 'hub' | 'runs' | 'scratch' | 'archive'): OpfsStore {
  const rootFolder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle(root, { create: true })
  const folderAt = async (folder: string, create = false) => (await rootFolder()).getDirectoryHandle(folder, { create })
  const blob = async (folder: string, name: string) => (await (await folderAt(folder)).getFileHandle(name)).getFile()
  return {
    blob,
    async folders() {
      const names: string[] = []
      for await (const [name, handle] of (await rootFolder()).entries())
        if (handle.kind === 'directory') names.push(name)
      return names
    },
    async files(folder) {
      const found = await absent(folderAt(folder))
      const files: Promise<{ name: string; size: number }>[] = []
      // asked together: one after the other, a thousand take twice as long
      for await (const [name, handle] of found?.entries() ?? [])
        if (handle instanceof FileSystemFileHandle) files.push(handle.getFile().then(({ size }) => ({ name, size })))
      return Promise.all(files)
    },
    async source(folder, name) {
      const file = await absent(blob(folder, name))
      return file && blobSource(file, name)
    },
    append: (folder, name) =>
      naming(async () => {
        const handle = await (await folderAt(folder, true)).getFileHandle(name, { create: true })
        const file = await handle.createSyncAccessHandle()
        let size = file.getSize()
        return {
          get size() {
            return size
          },
          write: (bytes) =>
            naming(async () => {
              if (file.write(bytes, { at: size }) !== bytes.length) throw new DOMException('full', 'QuotaExceededError')
              size += bytes.length
            }),
          async empty() {
            file.truncate(0)
            size = 0
          },
          async close() {
            file.flush()
            file.close()
          },
        }
      }),
    rename: (folder, from, to) =>
      naming(async () => {
        const handle = (await (await folderAt(folder)).getFileHandle(from)) as Movable
        await handle.move(to)
      }),
    remove: (folder, name) =>
      naming(async () => {
        const place = await absent(name === undefined ? rootFolder() : folderAt(folder))
        await absent(place?.removeEntry(name ?? folder, { recursive: true }) ?? Promise.resolve())
      }),
    async free() {
      const { quota, usage } = await navigator.storage.estimate()
      return quota === undefined || usage === undefined ? null : quota - usage
    },
  }
}

/** In all browsers that have the file system, and in no standard's types yet. */
type Movable = FileSystemFileHandle & { move(name: string): Promise<void> }

/** Null for what is not there. */
async function absent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null
    throw error
  }
}

async function naming<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    const remedy =
      error.name === 'NoModificationAllowedError'
        ? 'another tab writes the same file; close it, or wait for it'
        : 'free some space: clear models and runs that you no longer need'
    throw new StorageError(`storage: expected to write to the browser's storage, got '${error.name}' — ${remedy}`)
  }
}

import { constants, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../src/errors'
import { fileSource } from '../src/formats/node-files'
import type { FileStore } from '../src/storage/store'
import { cacheFolder } from './cache-folder'
import { nodeHash } from './node-hash'

/** Not through a link that somebody put in the place of the file. */
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0)

const hubFolder = () => join(cacheFolder(), 'hub')

/** Where the store in the user's cache folder keeps a folder or a file of it. */
export const diskPath = (folder: string, name = ''): string => join(hubFolder(), folder, name)

/**
 * Folders of files in a folder on disk: by default in the user's cache folder.
 * @param remedy what to do where nothing can be written
 */
export function diskStore(root: string = hubFolder(), remedy = 'free some space, or set XDG_CACHE_HOME'): FileStore {
  const naming = <T>(path: string, work: () => Promise<T>) => named(path, remedy, work)
  const at = (folder: string, name = '') => join(root, folder, name)
  return {
    folders: async () => (await entries(root)).filter((entry) => entry.isDirectory()).map(({ name }) => name),
    async files(folder) {
      const files = (await entries(at(folder))).filter((entry) => entry.isFile())
      return Promise.all(files.map(async ({ name }) => ({ name, size: (await stat(at(folder, name))).size })))
    },
    async source(folder, name) {
      const there = await stat(at(folder, name)).catch(() => null)
      return there?.isFile() ? fileSource(at(folder, name)) : null
    },
    append: (folder, name) =>
      naming(at(folder, name), async () => {
        await mkdir(at(folder), { recursive: true })
        const file = await open(at(folder, name), APPEND)
        let { size } = await file.stat()
        return {
          get size() {
            return size
          },
          write: (bytes) =>
            naming(at(folder, name), async () => {
              await file.writeFile(bytes)
              size += bytes.length
            }),
          async empty() {
            await file.truncate()
            size = 0
          },
          async close() {
            await file.sync() // before the name says that it is whole
            await file.close()
          },
        }
      }),
    rename: (folder, from, to) => naming(at(folder, to), () => rename(at(folder, from), at(folder, to))),
    remove: (folder, name) => rm(at(folder, name), { recursive: true, force: true }),
    hash: nodeHash,
    async free() {
      await mkdir(root, { recursive: true })
      const { bavail, bsize } = await statfs(root)
      return bavail * bsize
    },
  }
}

const entries = (path: string) => readdir(path, { withFileTypes: true }).catch(() => [])

async function named<T>(path: string, remedy: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StorageError(
      `storage: expected to write '${path}', got '${(error as NodeJS.ErrnoException).code ?? error}' — ${remedy}`,
    )
  }
}

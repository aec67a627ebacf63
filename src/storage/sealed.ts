import type { ByteSource } from '../formats/bytes'
import { type Hash, Sha256 } from '../sha256'
import type { FileStore } from './store'

/**
 * A sealed file is called `STEM.DIGEST.EXTENSION`, the digest SHA-256 of its bytes in hexadecimal. It gets that name when it
 * is written whole, so that one that is cut short or changed later is told by its name alone.
 */
const sealedName = /^(.+)\.([0-9a-f]{64})\.([a-z]+)$/

export const isSealed = (name: string): boolean => sealedName.test(name)

/** Of a sealed file; null for another. */
export const stemOf = (name: string): string | null => sealedName.exec(name)?.[1] ?? null

const ASIDE = '.part'
export const isAside = (name: string): boolean => name.endsWith(ASIDE)

const HASHED_BYTES = 4 * 2 ** 20

/** Writes aside and renames; what had the same stem before is removed. Gives the name. */
export async function writeSealed(
  store: FileStore,
  folder: string,
  stem: string,
  extension: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<string> {
  const name = await addSealed(store, folder, stem, extension, chunks)
  for (const other of await store.files(folder))
    if (other.name !== name && stemOf(other.name) === stem) await store.remove(folder, other.name)
  return name
}

/** The same where the caller knows what had the stem before: a folder of thousands is not looked through. */
export async function addSealed(
  store: FileStore,
  folder: string,
  stem: string,
  extension: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<string> {
  const aside = `${stem}${ASIDE}`
  const hash = hashOf(store)
  try {
    const file = await store.append(folder, aside)
    try {
      await file.empty()
      for await (const chunk of chunks) {
        hash.update(chunk)
        await file.write(chunk as Uint8Array<ArrayBuffer>)
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    await store.remove(folder, aside).catch(() => {}) // what failed is to be told
    throw error
  }
  const name = `${stem}.${hash.digest()}.${extension}`
  await store.rename(folder, aside, name)
  return name
}

/** One sealed file; null where it is not there, or not what its name says. */
export async function sealedFile(store: FileStore, folder: string, name: string): Promise<ByteSource | null> {
  const digest = sealedName.exec(name)?.[2]
  const file = digest === undefined ? null : await store.source(folder, name)
  return file && (await digestOf(store, file)) === digest ? file : null
}

/** The sealed files of a folder by their stems; those that are not what their names say are `damaged`. */
export async function readSealed(
  store: FileStore,
  folder: string,
): Promise<{ readonly files: ReadonlyMap<string, ByteSource>; readonly damaged: readonly string[] }> {
  const files = new Map<string, ByteSource>()
  const damaged: string[] = []
  for (const { name } of await store.files(folder)) {
    const [, stem, digest] = sealedName.exec(name) ?? []
    const file = stem === undefined ? null : await store.source(folder, name)
    if (stem === undefined || !file) continue
    if ((await digestOf(store, file)) === digest) files.set(stem, file)
    else damaged.push(name)
  }
  return { files, damaged }
}

const hashOf = (store: FileStore): Hash => store.hash?.() ?? new Sha256()

async function digestOf(store: FileStore, file: ByteSource): Promise<string> {
  const hash = hashOf(store)
  for (let at = 0; at < file.size; at += HASHED_BYTES)
    hash.update(await file.read(at, Math.min(HASHED_BYTES, file.size - at)))
  return hash.digest()
}

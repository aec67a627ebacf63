import { z } from 'zod'
import { FormatError, StorageError } from '../errors'
import type { ByteSource } from '../formats/bytes'
import { Sha256 } from '../sha256'
import { type FileStore, readText, writeText } from '../storage/store'
import type { Choice } from './choice'
import type { HubClient } from './client'
import { fetchFile, PARTIAL } from './fetch-file'
import type { HubListing } from './listing'
import { baseName } from './remote'

/** A model of the Hub that is here, or on its way. */
export interface CachedModel {
  readonly folder: string
  readonly repo: string
  readonly revision: string
  readonly commit: string
  /** The GGUF or single file that was chosen; '' for the checkpoint. */
  readonly choice: string
  /** Bytes that are here, and bytes of the whole. */
  readonly bytes: number
  readonly total: number
  /** Every file is here and was checked: it can be opened without a connection. */
  readonly complete: boolean
}

export interface FetchProgress {
  readonly file: string
  readonly done: number
  readonly total: number
  /** What a person should know. */
  readonly note: string | null
}

/** Tells what a folder holds; a file that is not in here was never checked. */
const MANIFEST = 'bitloom-hub.json'
const schema = z.object({
  ...{ repo: z.string(), revision: z.string(), commit: z.string(), choice: z.string() },
  files: z.array(z.object({ name: z.string(), size: z.int().min(0), oid: z.string() })),
})
type Manifest = z.infer<typeof schema>

/**
 * Fetches the files of a choice that are not here yet and resolves to their folder. What a stop or a lost connection
 * leaves is gone on with by the same call. One commit's files only: others of an earlier one are fetched anew.
 */
export async function fetchModel(
  client: HubClient,
  store: FileStore,
  listing: HubListing,
  choice: Choice,
  onProgress: (progress: FetchProgress) => void,
): Promise<string> {
  const folder = folderOf(listing, choice)
  const { repo, revision, commit } = listing
  const files = choice.files.map(({ path, size, oid }) => ({ name: baseName(path), size, oid }))
  const before = await readManifest(store, folder)
  // files that nobody vouches for
  if (!before) await store.remove(folder)
  for (const old of before?.files ?? [])
    if (!files.some(({ name, oid }) => name === old.name && oid === old.oid)) await store.remove(folder, old.name)
  await writeText(store, folder, MANIFEST, JSON.stringify({ repo, revision, commit, choice: choice.id, files }))

  const here = new Map((await store.files(folder)).map(({ name, size }) => [name, size]))
  const sizeHere = (name: string) => here.get(name) ?? here.get(name + PARTIAL) ?? 0
  const total = choice.bytes
  await checkRoom(store, total - files.reduce((sum, { name, size }) => sum + Math.min(size, sizeHere(name)), 0))
  let done = 0
  for (const file of choice.files) {
    const name = baseName(file.path)
    const tell = (bytes: number, note: string | null = null) =>
      onProgress({ file: name, done: done + bytes, total, note })
    const job = { listing, file, folder, onBytes: tell, onNote: (note: string) => tell(0, note) }
    if (here.get(name) !== file.size) await fetchFile(client, store, job)
    done += file.size
    tell(0)
  }
  return folder
}

/** All models of the Hub that are here, whole or not. */
export async function cachedModels(store: FileStore): Promise<CachedModel[]> {
  const models: CachedModel[] = []
  for (const folder of await store.folders()) {
    const manifest = await readManifest(store, folder)
    if (!manifest) continue
    const here = await store.files(folder)
    const { files, ...rest } = manifest
    const complete = files.every(({ name, size }) => here.some((file) => file.name === name && file.size === size))
    models.push({
      ...{ folder, ...rest, complete },
      bytes: here.reduce((sum, { size }) => sum + size, 0),
      total: files.reduce((sum, { size }) => sum + size, 0),
    })
  }
  return models.sort((a, b) => (a.repo < b.repo ? -1 : 1))
}

/** The files of a model that is here whole. FormatError where it is not. */
export async function cachedFiles(store: FileStore, folder: string): Promise<ByteSource[]> {
  const model = (await cachedModels(store)).find((candidate) => candidate.folder === folder)
  if (!model?.complete)
    throw new FormatError(
      `hub: expected a model that is here whole, got ${model ? `${model.bytes} of ${model.total} bytes of ${model.repo}` : 'none'} — download it first`,
    )
  const { files } = (await readManifest(store, folder))!
  return Promise.all(files.map(async ({ name }) => (await store.source(folder, name))!))
}

/** Readable, and short enough for every file system; the digest tells revisions and choices apart. */
export function folderOf(
  { repo, revision }: Pick<HubListing, 'repo' | 'revision'>,
  { id }: Pick<Choice, 'id'>,
): string {
  const digest = new Sha256().update(new TextEncoder().encode(`${repo}@${revision}#${id}`)).digest()
  return `${repo.replace('/', '--').slice(0, 100)}-${digest.slice(0, 12)}`
}

async function readManifest(store: FileStore, folder: string): Promise<Manifest | null> {
  try {
    return schema.parse(JSON.parse((await readText(store, folder, MANIFEST)) ?? 'null'))
  } catch {
    return null
  }
}

async function checkRoom(store: FileStore, needed: number): Promise<void> {
  const free = await store.free()
  if (free !== null && free < needed)
    throw new StorageError(
      `hub: expected room for ${needed} bytes, got ${free} — clear models that you no longer need, or free some space`,
    )
}

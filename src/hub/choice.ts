import { FormatError } from '../errors'
import { isSideFile } from '../formats/side-files'
import { findWeights, indexName } from '../formats/weight-files'
import type { HubClient } from './client'
import type { HubFile, HubListing } from './listing'
import { baseName, remoteSource } from './remote'

/** One model of a repository: its checkpoint, or one of its GGUF files with all parts. */
export interface Choice {
  /** The path of a GGUF's first part or of a single file; '' for the checkpoint. */
  readonly id: string
  readonly kind: 'checkpoint' | 'gguf'
  /** The type that a GGUF's name tells, such as Q4_K_M; null where it tells none. */
  readonly type: string | null
  readonly files: readonly HubFile[]
  readonly bytes: number
}

/** What is never fetched, whoever asks. */
const PICKLE = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i
const GGUF = /\.gguf$/i

/** Why a file stays where it is. */
export function whyNot({ path }: HubFile): string {
  if (PICKLE.test(path)) return 'a pickle may run code when it is read'
  if (/\.(safetensors|gguf)$/i.test(path)) return 'another model or a copy of these weights'
  return 'not needed'
}

/**
 * The models that a listing holds, the likeliest first; the index of shards is read from the Hub.
 * FormatError where there is none that Bitloom could read.
 */
export async function choicesOf(client: HubClient, listing: HubListing, file: string | null): Promise<Choice[]> {
  if (file !== null) return [await single(client, listing, file)]
  const checkpoint = await checkpointOf(client, listing)
  const choices = [...(checkpoint ? [checkpoint] : []), ...ggufChoices(listing.files)]
  if (choices.length === 0) throw nothingIn(listing)
  return choices
}

async function single(client: HubClient, listing: HubListing, path: string): Promise<Choice> {
  const found = listing.files.find((file) => file.path === path)
  if (!found)
    throw new FormatError(`hub ${listing.repo}: expected the file ${path}, got none of that name — check the address`)
  const gguf = ggufChoices(listing.files).find(({ files }) => files.includes(found))
  if (gguf) return gguf
  if (!path.endsWith('.safetensors')) {
    const why = PICKLE.test(path) ? ': a pickle may run code when it is read' : ''
    throw new FormatError(
      `hub ${listing.repo}: expected a safetensors or GGUF file, got ${path}${why} — choose another file`,
    )
  }
  const checkpoint = await checkpointOf(client, listing)
  if (checkpoint?.files.includes(found)) return checkpoint
  const files = [found, ...listing.files.filter((file) => isSideFile(file.path))]
  return { id: path, kind: 'checkpoint', type: null, files, bytes: sizeOf(files) }
}

/** config.json, what travels with it and the weights, at the top of the repository; or one packed file alone. */
async function checkpointOf(client: HubClient, listing: HubListing): Promise<Choice | null> {
  const top = listing.files.filter(({ path }) => !path.includes('/'))
  const candidates = top.filter(({ path }) => path === indexName || path.endsWith('.safetensors'))
  if (candidates.length === 0) return null
  const sources = new Map(candidates.map((file) => [file.path, remoteSource(client, listing, file)]))
  const { present, missing } = await findWeights(sources)
  if (missing.length > 0)
    throw new FormatError(
      `hub ${listing.repo}: expected ${missing.slice(0, 3).join(', ')}, which the index names, got none — choose another revision`,
    )
  const weights = new Set(present.map(({ name }) => name))
  const indexed = present.length > 1 ? [indexName] : []
  const files = top.filter(({ path }) => weights.has(path) || indexed.includes(path) || isSideFile(path))
  return { id: '', kind: 'checkpoint', type: null, files, bytes: sizeOf(files) }
}

const PART = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/i

/** Every GGUF, smallest first, and last those that Bitloom will hardly open; parts of one model together. */
function ggufChoices(files: readonly HubFile[]): Choice[] {
  const models = new Map<string, HubFile[]>()
  for (const file of files.filter(({ path }) => GGUF.test(path))) {
    const [, prefix, , count] = PART.exec(file.path) ?? []
    const key = prefix === undefined ? file.path : `${prefix}/${count}`
    models.set(key, [...(models.get(key) ?? []), file])
  }
  return [...models.values()]
    .map((parts) => parts.sort((a, b) => (a.path < b.path ? -1 : 1)))
    .map((parts): Choice => {
      const { path } = parts[0]!
      return { id: path, kind: 'gguf', type: typeIn(baseName(path)), files: parts, bytes: sizeOf(parts) }
    })
    .sort((a, b) => Number(isStrange(a)) - Number(isStrange(b)) || a.bytes - b.bytes)
}

/** 'Q4_K_M' of 'wren-Q4_K_M.gguf', as all who convert models put it. */
function typeIn(name: string): string | null {
  const found = name.matchAll(/[-._]((?:I?Q|TQ)\d(?:_[A-Z\d]+)*|MXFP4(?:_MOE)?|B?F16|F32)(?=[-.])/gi)
  return [...found].at(-1)?.[1]?.toUpperCase() ?? null
}

/** By its name: a projector of images, the statistics of a calibration, or a type that is not read. */
const isStrange = ({ id, type }: Choice) =>
  /mmproj|imatrix/i.test(id) || (type !== null && /^(IQ[123]|TQ1|MXFP4)/.test(type))

const sizeOf = (files: readonly HubFile[]) => files.reduce((sum, { size }) => sum + size, 0)

function nothingIn({ repo, files }: HubListing): FormatError {
  const pickled = files.find(({ path }) => PICKLE.test(path))
  const got = pickled
    ? `only pickles such as ${baseName(pickled.path)}, which may run code when they are read`
    : 'neither'
  return new FormatError(
    `hub ${repo}: expected safetensors or GGUF files, got ${got} — look for a conversion of this model`,
  )
}

import { z } from 'zod'
import { FormatError, NetworkError } from '../errors'
import { type HubAddress, isPlainPath, quoted } from './address'
import { type HubClient, malformed } from './client'

export interface HubFile {
  readonly path: string
  readonly size: number
  /** Of git: the SHA-1 of the blob, or of the pointer where the file is in LFS. */
  readonly oid: string
  /** Of the contents, for files in LFS: all weights are. */
  readonly sha256: string | null
}

/** A repository at one commit. */
export interface HubListing {
  readonly repo: string
  readonly revision: string
  readonly commit: string
  readonly files: readonly HubFile[]
}

/** Models have dozens of files; a listing beyond this is no model's. */
const MAX_FILES = 10_000

const info = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) })
const size = z.int().min(0)
const page = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: size.default(0),
    oid: z.string().default(''),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size }).optional(),
  }),
)

/** All files of a repository at the commit that the revision is now. */
export async function listRepo(client: HubClient, { repo, revision }: HubAddress): Promise<HubListing> {
  const api = `${client.endpoint.hub}/api/models/${repo}`
  const found = info.safeParse((await client.json(`${api}/revision/${encodeURIComponent(revision)}`, { repo })).body)
  if (!found.success) throw malformed(repo, 'a description without a commit')
  const commit = found.data.sha
  const files: HubFile[] = []
  for (let url: string | null = `${api}/tree/${commit}?recursive=true`; url; ) {
    const { body, headers } = await client.json(url, { repo })
    files.push(...readPage(repo, body))
    if (files.length > MAX_FILES)
      throw new FormatError(
        `hub ${repo}: expected the files of a model, got more than ${MAX_FILES} — name one file by its address`,
      )
    url = nextPage(client.endpoint.hub, headers.get('Link'))
  }
  if (new Set(files.map(({ path }) => path)).size < files.length)
    throw malformed(repo, 'a list that names a file twice')
  return { repo, revision, commit, files }
}

function readPage(repo: string, body: unknown): HubFile[] {
  const entries = page.safeParse(body)
  if (!entries.success) throw malformed(repo, 'a list of files with other fields')
  const files = entries.data.filter(({ type }) => type === 'file')
  const hostile = files.find(({ path }) => !isPlainPath(path))
  if (hostile)
    throw new FormatError(
      `hub ${repo}: expected plain names of files, got ${quoted(hostile.path)} — this repository cannot be fetched`,
    )
  return files.map(({ path, oid, lfs, ...file }) => ({
    ...{ path, oid, size: lfs?.size ?? file.size, sha256: lfs?.oid ?? null },
  }))
}

/** The rest of a long list; only from the Hub itself, which the token goes to. */
function nextPage(hub: string, link: string | null): string | null {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1]
  if (!next) return null
  const url = new URL(next, hub)
  if (url.origin !== new URL(hub).origin)
    throw new NetworkError(`hub: expected the rest of the list at ${hub}, got ${url.origin} — try again later`)
  return url.href
}

/** Where a file's bytes are, for good: a commit does not change. */
export const fileUrl = (hub: string, { repo, commit }: Pick<HubListing, 'repo' | 'commit'>, path: string): string =>
  `${hub}/${repo}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`

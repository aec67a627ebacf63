import { z } from 'zod'
import { FormatError, NetworkError } from '../errors'
import { readAddress } from './address'
import { type HubClient, malformed, Refusal } from './client'
import { put } from './put'
import { hashed } from './verify'

export interface PushFile {
  readonly path: string
  readonly blob: Blob
}

export interface PushRequest {
  /** `account/name`. */
  readonly repo: string
  /** Of a repository that this makes; one that exists keeps what it is. */
  readonly isPrivate: boolean
  readonly files: readonly PushFile[]
  readonly onProgress: (progress: PushProgress) => void
}

export interface PushProgress {
  readonly phase: 'hashing' | 'sending' | 'committing'
  readonly file: string
  readonly done: number
  readonly total: number
}

/**
 * Uploads files in one commit and resolves to the address of the repository. Large ones go to the Hub's storage by git
 * LFS; it makes them Xet's by itself. https://github.com/huggingface/huggingface.js, packages/hub/src/lib/commit.ts
 */
export async function pushFiles(client: HubClient, request: PushRequest): Promise<string> {
  const { files, onProgress } = request
  const { repo } = readAddress(request.repo, client.endpoint.hub)
  if (!repo.includes('/'))
    throw new FormatError(`hub: expected account/name to upload to, got '${repo}' — put your account's name before it`)
  await createRepo(client, repo, request.isPrivate)
  const large = await largeFiles(client, repo, files)
  const total = files.reduce((sum, { blob }) => sum + (large.has(blob) ? blob.size : 0), 0)
  const hashes = new Map<PushFile, string>()
  let done = 0
  for (const file of files.filter(({ blob }) => large.has(blob))) {
    const tell = (bytes: number) => onProgress({ phase: 'hashing', file: file.path, done: done + bytes, total })
    const read = async (at: number, length: number) =>
      new Uint8Array(await file.blob.slice(at, at + length).arrayBuffer())
    hashes.set(file, (await hashed(client, file.blob.size, read, tell)).digest())
    done += file.blob.size
  }
  done = 0
  const uploads = await lfsUploads(client, repo, hashes)
  for (const [file, oid] of hashes) {
    const tell = (bytes: number) => onProgress({ phase: 'sending', file: file.path, done: done + bytes, total })
    await upload(client, repo, file.blob, oid, uploads.get(oid), tell)
    done += file.blob.size
    tell(0)
  }
  onProgress({ phase: 'committing', file: '', done: total, total })
  await commit(client, repo, files, hashes)
  return `${client.endpoint.hub}/${repo}`
}

const post = (value: unknown, type = 'application/json'): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': type, Accept: type },
  body: typeof value === 'string' ? value : JSON.stringify(value),
})

async function createRepo(client: HubClient, repo: string, isPrivate: boolean): Promise<void> {
  const [organization, name] = repo.split('/')
  const body = { type: 'model', name, organization, visibility: isPrivate ? 'private' : 'public' }
  try {
    await client.request(`${client.endpoint.hub}/api/repos/create`, { repo, writes: true }, post(body))
  } catch (error) {
    // it is there already
    if (!(error instanceof Refusal && error.status === 409)) throw error
  }
}

const modes = z.object({
  files: z.array(z.object({ path: z.string(), uploadMode: z.enum(['lfs', 'regular']) })),
})

/** Which files the Hub wants in its storage instead of in git. */
async function largeFiles(client: HubClient, repo: string, files: readonly PushFile[]): Promise<ReadonlySet<Blob>> {
  const described = files.map(async ({ path, blob }) => ({
    ...{ path, size: blob.size },
    sample: base64(new Uint8Array(await blob.slice(0, 512).arrayBuffer())),
  }))
  const url = `${client.endpoint.hub}/api/models/${repo}/preupload/main`
  const { body } = await client.json(url, { repo, writes: true }, post({ files: await Promise.all(described) }))
  const answer = modes.safeParse(body)
  if (!answer.success) throw malformed(repo, 'no word on how to upload')
  const lfs = new Set(answer.data.files.filter(({ uploadMode }) => uploadMode === 'lfs').map(({ path }) => path))
  return new Set(files.filter(({ path }) => lfs.has(path)).map(({ blob }) => blob))
}

const batch = z.object({
  objects: z.array(
    z.object({
      oid: z.string(),
      error: z.object({ message: z.string() }).optional(),
      actions: z
        .object({
          upload: z.object({ href: z.url(), header: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
        })
        .optional(),
    }),
  ),
})
type Upload = NonNullable<NonNullable<z.infer<typeof batch>['objects'][number]['actions']>['upload']>

const LFS = 'application/vnd.git-lfs+json'

/** Where every object goes; what the storage has already is not among them. */
async function lfsUploads(client: HubClient, repo: string, hashes: ReadonlyMap<PushFile, string>) {
  const uploads = new Map<string, Upload>()
  if (hashes.size === 0) return uploads
  const objects = [...hashes].map(([{ blob }, oid]) => ({ oid, size: blob.size }))
  const wish = {
    operation: 'upload',
    transfers: ['basic', 'multipart'],
    hash_algo: 'sha_256',
    ref: { name: 'main' },
    objects,
  }
  const url = `${client.endpoint.hub}/${repo}.git/info/lfs/objects/batch`
  const answer = batch.safeParse((await client.json(url, { repo, writes: true }, post(wish, LFS))).body)
  if (!answer.success) throw malformed(repo, 'no addresses to upload to')
  for (const { oid, error, actions } of answer.data.objects) {
    if (error)
      throw new NetworkError(`hub ${repo}: expected room for the file, got '${error.message}' — see your quota`)
    if (actions?.upload) uploads.set(oid, actions.upload)
  }
  return uploads
}

/** One object, whole or in the parts that the server asks for. */
async function upload(
  client: HubClient,
  repo: string,
  blob: Blob,
  oid: string,
  target: Upload | undefined,
  onBytes: (done: number) => void,
): Promise<void> {
  if (!target) return
  const { href, header } = target
  const { signal } = client
  const size = Number(header.chunk_size ?? 0)
  if (!(size > 0)) {
    await put({ url: href, headers: header, body: blob, signal, onBytes })
    return
  }
  const parts: { partNumber: number; etag: string }[] = []
  const urls = Object.keys(header).filter((key) => /^\d+$/.test(key))
  if (urls.length !== Math.ceil(blob.size / size)) throw malformed(repo, `${urls.length} parts for ${blob.size} bytes`)
  for (const key of urls) {
    const at = (Number(key) - 1) * size
    const body = blob.slice(at, at + size)
    const etag = await put({ url: header[key]!, headers: {}, body, signal, onBytes: (sent) => onBytes(at + sent) })
    if (!etag) throw malformed(repo, 'a part without an ETag')
    parts.push({ partNumber: Number(key), etag })
  }
  await client.request(href, { repo, writes: true }, post({ oid, parts }, LFS))
}

async function commit(
  client: HubClient,
  repo: string,
  files: readonly PushFile[],
  hashes: ReadonlyMap<PushFile, string>,
): Promise<void> {
  const lines: unknown[] = [{ key: 'header', value: { summary: 'Upload with Bitloom', description: '' } }]
  for (const file of files) {
    const { path, blob } = file
    const oid = hashes.get(file)
    if (oid) lines.push({ key: 'lfsFile', value: { path, algo: 'sha256', size: blob.size, oid } })
    else {
      const content = base64(new Uint8Array(await blob.arrayBuffer()))
      lines.push({ key: 'file', value: { path, content, encoding: 'base64' } })
    }
  }
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  const url = `${client.endpoint.hub}/api/models/${repo}/commit/main`
  await client.request(url, { repo, writes: true }, post(body, 'application/x-ndjson'))
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(binary)
}

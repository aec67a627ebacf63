import { NetworkError } from '../errors'
import type { Hash } from '../sha256'
import { type Appender, type FileStore, readText, writeText } from '../storage/store'
import { ConnectionLost, type HubClient, malformed } from './client'
import { fileUrl, type HubFile, type HubListing } from './listing'
import { baseName } from './remote'
import { hashed, mismatch } from './verify'

/** What a file that is not whole yet is called. */
export const PARTIAL = '.partial'
const RECORD = '.partial.json'

/** What the bytes so far are of. */
interface Origin {
  readonly oid: string
  readonly etag: string | null
}

export interface FileJob {
  readonly listing: HubListing
  readonly file: HubFile
  readonly folder: string
  /** Bytes of the file that are there. */
  readonly onBytes: (done: number) => void
  /** What a person should know, such as that a file started over. */
  readonly onNote: (note: string) => void
}

/**
 * Fetches one file into the store, going on where an earlier try stopped. It gets its name when size and hash are those
 * of the listing. NetworkError or CancelledError leave what was fetched; a wrong hash does not.
 */
export async function fetchFile(client: HubClient, store: FileStore, job: FileJob): Promise<void> {
  const { listing, file, folder } = job
  const name = baseName(file.path)
  const partial = name + PARTIAL
  const origin = await readOrigin(store, folder, name)
  const there = await store.source(folder, partial)
  const goesOn = there !== null && origin?.oid === file.oid && there.size <= file.size
  let hash = goesOn
    ? await hashed(client, there.size, (at, length) => there.read(at, length), job.onBytes)
    : client.hash()
  const part = await store.append(folder, partial)
  try {
    if (!goesOn) await part.empty()
    hash = await new Transfer(client, store, job, part, hash, goesOn ? origin : null).run()
  } finally {
    await part.close()
  }
  const whole = (await store.source(folder, partial))!
  const wrong = await mismatch(file, hash, () => whole.read(0, whole.size))
  if (wrong) {
    await store.remove(folder, partial)
    throw new NetworkError(
      `hub ${listing.repo}: ${file.path}: ${wrong} — it was damaged on its way and is thrown away; fetch it again`,
    )
  }
  await store.rename(folder, partial, name)
  await store.remove(folder, name + RECORD)
}

/** The bytes of one file over as many connections as it takes. */
class Transfer {
  constructor(
    private readonly client: HubClient,
    private readonly store: FileStore,
    private readonly job: FileJob,
    private readonly part: Appender,
    private hash: Hash,
    private origin: Origin | null,
  ) {}

  /** Resolves to the hash of all bytes. */
  async run(): Promise<Hash> {
    const { file, onBytes } = this.job
    onBytes(this.part.size)
    for (let failures = 0; this.part.size < file.size; ) {
      const before = this.part.size
      try {
        await this.connect()
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
        failures = this.part.size > before ? 1 : failures + 1
        if (failures > this.client.retries.length) throw error
        await this.client.pause(this.client.retries[failures - 1]!)
      }
    }
    return this.hash
  }

  /** One request, from where the file ends so far. */
  private async connect(): Promise<void> {
    const { listing, file } = this.job
    const { repo } = listing
    const at = this.part.size
    const headers: HeadersInit = at > 0 ? { Range: `bytes=${at}-` } : {}
    const url = fileUrl(this.client.endpoint.hub, listing, file.path)
    const response = await this.client.request(url, { repo }, { headers })
    const etag = response.headers.get('ETag')
    if (at > 0) {
      // If-Range would say the same, but a browser must ask every mirror's leave before it sends that header
      const changed = this.origin?.etag && etag && this.origin.etag !== etag
      if (changed || response.status !== 206) {
        await this.startOver(changed ? 'it changed on the server' : 'the server sends it only whole')
        // a part of what is new is of no use
        if (response.status === 206) return void (await response.body?.cancel())
      } else if (!startsAt(response, at)) throw malformed(repo, `other bytes of ${file.path} than were asked for`)
    }
    if (this.part.size === 0) await this.remember({ oid: file.oid, etag })
    await this.receive(response)
  }

  private async receive(response: Response): Promise<void> {
    const { listing, file, onBytes } = this.job
    const reader = response.body!.getReader()
    try {
      for (;;) {
        const { done, value } = await this.client.next(reader, listing.repo)
        if (done) break
        if (this.part.size + value.length > file.size) {
          await this.part.empty()
          throw malformed(listing.repo, `more than ${file.size} bytes of ${file.path}`)
        }
        await this.part.write(value)
        this.hash.update(value)
        onBytes(this.part.size)
      }
    } finally {
      await reader.cancel().catch(() => {})
    }
    if (this.part.size < file.size) throw this.client.lost(listing.repo, new Error('the connection ended early'))
  }

  private async startOver(why: string): Promise<void> {
    this.job.onNote(`${this.job.file.path} starts over: ${why}`)
    await this.part.empty()
    this.hash = this.client.hash()
    this.origin = null
    this.job.onBytes(0)
  }

  private async remember(origin: Origin): Promise<void> {
    this.origin = origin
    await writeText(this.store, this.job.folder, baseName(this.job.file.path) + RECORD, JSON.stringify(origin))
  }
}

/** Not every mirror lets a page see the header. */
const startsAt = (response: Response, at: number) =>
  response.headers.get('Content-Range')?.startsWith(`bytes ${at}-`) ?? true

async function readOrigin(store: FileStore, folder: string, name: string): Promise<Origin | null> {
  try {
    return JSON.parse((await readText(store, folder, name + RECORD)) ?? 'null') as Origin | null
  } catch {
    return null
  }
}

import { FormatError, NetworkError } from '../errors'
import { type ByteSource, checkRange } from '../formats/bytes'
import type { HubClient } from './client'
import { fileUrl, type HubFile, type HubListing } from './listing'

/** The least that is asked for: headers come in pieces, the first of them short. */
const BLOCK = 64 * 1024
/** What of a file's beginning is kept to be read again, and the most that is passed over where a server knows no ranges. */
const MOST_KEPT = 2 ** 26

/** A file that stays on the Hub, read by ranges: enough for headers before anything is downloaded. */
export function remoteSource(client: HubClient, listing: HubListing, file: HubFile): ByteSource {
  const { size } = file
  const name = baseName(file.path)
  const url = fileUrl(client.endpoint.hub, listing, file.path)
  const fetchRange = async (offset: number, length: number) => {
    if (length === 0) return new Uint8Array()
    const range = `bytes=${offset}-${offset + length - 1}`
    const response = await client.request(url, { repo: listing.repo }, { headers: { Range: range } })
    const skip = response.status === 206 ? 0 : offset
    if (skip <= MOST_KEPT) return take(client, listing.repo, response, skip, length)
    await response.body?.cancel().catch(() => {})
    throw new FormatError(
      `hub ${listing.repo}: expected ${length} bytes at ${offset} of ${name}, got the file from its beginning — this server knows no ranges; download the file`,
    )
  }
  let head: Promise<Uint8Array<ArrayBuffer>> = Promise.resolve(new Uint8Array())
  /** The beginning of the file, of which only what is not here yet is fetched. */
  const upTo = async (known: Uint8Array<ArrayBuffer>, end: number) => {
    if (end <= known.length) return known
    const wanted = Math.min(Math.max(end, BLOCK), size)
    const longer = new Uint8Array(wanted)
    longer.set(known)
    longer.set(await fetchRange(known.length, wanted - known.length), known.length)
    return longer
  }
  const read = async (offset: number, length: number) => {
    checkRange(name, size, offset, length)
    const known = await head
    if (offset > Math.max(known.length, BLOCK) || offset + length > MOST_KEPT) return fetchRange(offset, length)
    const extended = upTo(known, offset + length)
    // a failed request leaves what was there
    head = extended.catch(() => known)
    return (await extended).slice(offset, offset + length)
  }
  return { name, size, read }
}

/** `length` bytes of a body after `skip` others, and no more of it: a server that knows no ranges would send gigabytes. */
async function take(client: HubClient, repo: string, response: Response, skip: number, length: number) {
  const bytes = new Uint8Array(length)
  let at = -skip
  const reader = response.body!.getReader()
  try {
    while (at < length) {
      const { done, value } = await client.next(reader, repo)
      if (done) throw new NetworkError(`hub ${repo}: expected ${length} bytes, got ${Math.max(0, at)} — try again`)
      const from = Math.max(0, -at)
      if (value.length > from) bytes.set(value.subarray(from, from + length - Math.max(0, at)), Math.max(0, at))
      at += value.length
    }
    return bytes
  } finally {
    await reader.cancel().catch(() => {})
  }
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

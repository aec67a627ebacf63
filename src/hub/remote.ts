import { NetworkError } from '../errors'
import { type ByteSource, checkRange } from '../formats/bytes'
import type { HubClient } from './client'
import { fileUrl, type HubFile, type HubListing } from './listing'

/** Reads below this are one request: headers of safetensors come in two pieces, the first of them short. */
const BLOCK = 64 * 1024

/** A file that stays on the Hub, read by ranges: enough for headers before anything is downloaded. */
export function remoteSource(client: HubClient, listing: HubListing, file: HubFile): ByteSource {
  const name = baseName(file.path)
  const url = fileUrl(client.endpoint.hub, listing, file.path)
  let head: Promise<Uint8Array<ArrayBuffer>> | null = null
  const fetchRange = async (offset: number, length: number) => {
    if (length === 0) return new Uint8Array()
    const range = `bytes=${offset}-${offset + length - 1}`
    const response = await client.request(url, { repo: listing.repo }, { headers: { Range: range } })
    return take(client, listing.repo, response, response.status === 206 ? 0 : offset, length)
  }
  const read = async (offset: number, length: number) => {
    checkRange(name, file.size, offset, length)
    if (offset + length > BLOCK) return fetchRange(offset, length)
    head ??= fetchRange(0, Math.min(BLOCK, file.size))
    return (await head).slice(offset, offset + length)
  }
  return { name, size: file.size, read }
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

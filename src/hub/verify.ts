import { CancelledError } from '../errors'
import { maxSideFileBytes } from '../formats/side-files'
import type { Hash } from '../sha256'
import type { HubClient } from './client'
import type { HubFile } from './listing'

const PIECE = 4 * 2 ** 20

/** The hash, still open, of bytes that are there already. CancelledError when the client is to stop. */
export async function hashed(
  client: HubClient,
  size: number,
  read: (at: number, length: number) => Promise<Uint8Array>,
  onBytes: (done: number) => void,
): Promise<Hash> {
  const hash = client.hash()
  for (let at = 0; at < size; at += PIECE) {
    if (client.signal?.aborted) throw new CancelledError('hub: stopped')
    onBytes(at)
    hash.update(await read(at, Math.min(PIECE, size - at)))
  }
  return hash
}

/** In what a whole file differs from the listing; null where it does not. Files outside of LFS are small. */
export async function mismatch(file: HubFile, hash: Hash, read: () => Promise<Uint8Array>): Promise<string | null> {
  if (file.sha256) {
    const got = hash.digest()
    return got === file.sha256 ? null : `expected SHA-256 ${file.sha256}, got ${got}`
  }
  if (file.size > maxSideFileBytes) return 'expected a SHA-256 beside a file of that size, got none'
  if (!/^[0-9a-f]{40}$/.test(file.oid)) return null
  const got = await blobId(await read())
  return got === file.oid ? null : `expected git's hash ${file.oid}, got ${got}`
}

/** Of a file as git counts it. */
async function blobId(bytes: Uint8Array): Promise<string> {
  const head = new TextEncoder().encode(`blob ${bytes.length}\0`)
  const blob = new Uint8Array(head.length + bytes.length)
  blob.set(head)
  blob.set(bytes, head.length)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', blob))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

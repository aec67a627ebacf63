import { CancelledError } from '../errors'
import type { HubFile } from './listing'
import { Sha256 } from './sha256'

const PIECE = 4 * 2 ** 20

/** The hash of bytes that are there already. */
export async function hashed(
  size: number,
  read: (at: number, length: number) => Promise<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Sha256> {
  const hash = new Sha256()
  for (let at = 0; at < size; at += PIECE) {
    if (signal?.aborted) throw new CancelledError('hub: stopped')
    hash.update(await read(at, Math.min(PIECE, size - at)))
  }
  return hash
}

/** In what a whole file differs from the listing; null where it does not. Files outside of LFS are small. */
export async function mismatch(file: HubFile, hash: Sha256, read: () => Promise<Uint8Array>): Promise<string | null> {
  if (file.sha256) {
    const got = hash.digest()
    return got === file.sha256 ? null : `expected SHA-256 ${file.sha256}, got ${got}`
  }
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

import { createHash } from 'node:crypto'
import type { Hash } from '../src/sha256'

/** By the processor's own instructions, ten times as fast. */
export function nodeHash(): Hash {
  const hash = createHash('sha256')
  return { update: (bytes) => hash.update(bytes), digest: () => hash.digest('hex') }
}

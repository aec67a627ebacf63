import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { Sha256 } from './sha256'

const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37 + (i >> 3)) & 255)

it('agrees with the platform on every length around a block', () => {
  for (const length of [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000])
    expect(new Sha256().update(bytes.subarray(0, length)).digest(), `${length} bytes`).toBe(
      expected(bytes.subarray(0, length)),
    )
})

it('does not care how the bytes are cut', () => {
  for (const piece of [1, 7, 63, 64, 65, 200]) {
    const hash = new Sha256()
    for (let at = 0; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece))
    expect(hash.digest()).toBe(expected(bytes))
  }
})

import { describe, expect, it } from 'vitest'
import { TextStream } from './text-stream'

/** Tokens are bytes, as in the worst case of byte-level BPE. */
const decodeBytes = (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids))

describe('TextStream', () => {
  it('gives every character once it is whole', () => {
    const stream = new TextStream(decodeBytes, [])
    const pieces = [...new TextEncoder().encode('aé→🙂!')].map((byte) => stream.push(byte))
    expect(pieces).toEqual(['a', '', 'é', '', '', '→', '', '', '', '🙂', '!'])
    expect(stream.end()).toBe('')
  })

  it('gives a broken end when there is no more', () => {
    const stream = new TextStream(decodeBytes, [])
    expect([stream.push(0x41), stream.push(0xe2), stream.push(0x86)]).toEqual(['A', '', ''])
    expect(stream.end()).toBe('\ufffd')
  })

  it('passes over bytes that never become a character', () => {
    const stream = new TextStream(decodeBytes, [])
    expect([stream.push(0xff), stream.push(0x42)].join('')).toBe('\ufffdB')
  })

  it('keeps the space that a decoder strips from the first word of a text', () => {
    const words = ['▁Once', '▁upon', '▁a', '▁time', 's']
    const decode = (ids: readonly number[]) =>
      ids
        .map((id) => words[id]!)
        .join('')
        .replaceAll('▁', ' ')
        .replace(/^ /, '')
    const stream = new TextStream(decode, [0, 1])
    expect([2, 3, 4].map((id) => stream.push(id))).toEqual([' a', ' time', 's'])
  })
})

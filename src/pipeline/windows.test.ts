import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import type { Tokenizer } from '../models/tokenizer'
import { calibrationWindows, evaluationWindows, parseProtocol } from './windows'

/** One token a character, its code; BOS is 1. */
const letters: Tokenizer = {
  encode: (text, options) => [...(options?.bos ? [1] : []), ...[...text].map((c) => c.charCodeAt(0))],
  decode: (ids) => String.fromCharCode(...ids),
  vocab: 256,
  bos: 1,
  addsBos: true,
}
const text = 'abcdefghijklmnopqrstuvwxyz'

describe('parseProtocol', () => {
  it('knows which tokens each protocol scores', () => {
    expect(parseProtocol('windows:512')).toMatchObject({ length: 512, firstScored: 1 })
    expect(parseProtocol('llama.cpp:256')).toMatchObject({ length: 256, firstScored: 129 })
  })

  it.each(['windows', 'windows:', 'windows:3', 'windows:-8', 'llama:512', 'windows:99999999'])('refuses %s', (name) => {
    expect(() => parseProtocol(name)).toThrow(FormatError)
  })
})

describe('evaluationWindows', () => {
  it('cuts disjoint windows without BOS and drops the tail', () => {
    const { ids, count } = evaluationWindows(letters, text, parseProtocol('windows:8'), null)
    expect(count).toBe(3)
    expect(letters.decode([...ids])).toBe('abcdefghijklmnopqrstuvwx')
  })

  it('keeps to windows inside the first tokens', () => {
    expect(evaluationWindows(letters, text, parseProtocol('windows:8'), 17).count).toBe(2)
  })

  it('puts BOS in place of the first token of every window for llama.cpp', () => {
    const { ids } = evaluationWindows(letters, text, parseProtocol('llama.cpp:8'), null)
    expect(letters.decode([...ids])).toBe('\u0001abcdefg\u0001ijklmno\u0001qrstuvw')
  })

  it('says how long a text must be', () => {
    expect(() => evaluationWindows(letters, 'abc', parseProtocol('windows:8'), null)).toThrow(/8 tokens, got 3 tokens/)
  })
})

describe('calibrationWindows', () => {
  const recipe = { text: 'x', samples: 2, length: 4, pick: 'first' } as const

  it('takes the first windows, or as many as there are', () => {
    expect(letters.decode([...calibrationWindows(letters, text, recipe, 0).ids])).toBe('abcdefgh')
    expect(calibrationWindows(letters, text, { ...recipe, samples: 99 }, 0).count).toBe(6)
  })

  it('draws different whole windows by the seed, the same ones every time', () => {
    const draw = (seed: number) =>
      letters.decode([...calibrationWindows(letters, text, { ...recipe, pick: 'random' }, seed).ids])
    expect(draw(5)).toBe(draw(5))
    expect(new Set([1, 2, 3, 4, 5, 6].map(draw)).size).toBeGreaterThan(1)
    for (const part of draw(3).match(/.{4}/g)!) expect(text.indexOf(part) % 4).toBe(0)
  })

  it('refuses a text shorter than one window and a recipe without windows', () => {
    expect(() => calibrationWindows(letters, 'abc', recipe, 0)).toThrow(/calibration text/)
    expect(() => calibrationWindows(letters, text, { ...recipe, samples: 0 }, 0)).toThrow(FormatError)
  })
})

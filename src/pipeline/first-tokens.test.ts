import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sharedPath, sharedTest } from '../../test/shared'
import { openTokenizer, type Tokenizer } from '../models/tokenizer'
import { firstTokens } from './first-tokens'

const tokenizerOf = (folder: string): Tokenizer =>
  openTokenizer(
    new Map(['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, readFileSync(`${folder}/${name}`)])),
  )

/** Counts the text it was asked to encode. */
function counting(tokenizer: Tokenizer) {
  const seen = { characters: 0 }
  const encode: Tokenizer['encode'] = (text, options) => {
    seen.characters += text.length
    return tokenizer.encode(text, options)
  }
  return { seen, tokenizer: { ...tokenizer, encode } }
}

/** A token a character, unless the text as a whole has a say. */
const letters = (ofText: (text: string) => number): Tokenizer => ({
  encode: (text, options) => [...(options?.bos ? [1] : []), ...[...text].map((c) => c.charCodeAt(0) + ofText(text))],
  decode: () => '',
  vocab: 1e6,
  bos: 1,
  addsBos: true,
})
const text = 'the quick brown fox jumps over it '.repeat(2000)

describe('firstTokens', () => {
  it('encodes no more of a long text than it takes', () => {
    const { seen, tokenizer } = counting(letters(() => 0))
    expect(firstTokens(tokenizer, text, 1000, true)).toEqual(tokenizer.encode(text, { bos: true }).slice(0, 1000))
    expect(seen.characters - text.length).toBeLessThan(20_000)
  })

  it('encodes the whole text where its end has a say in its beginning', () => {
    const tokenizer = letters((whole) => whole.length)
    expect(firstTokens(tokenizer, text, 1000)).toEqual(tokenizer.encode(text))
  })

  it('gives all tokens of a short text', () => {
    const tokenizer = letters(() => 0)
    expect(firstTokens(tokenizer, 'a short text', 1000)).toEqual(tokenizer.encode('a short text'))
    expect(firstTokens(tokenizer, '', 10)).toEqual([])
  })

  const models = ['wren-3m', 'stories260K'].map((name) => `models/${name}/tokenizer.json`)
  sharedTest('begins as the whole text does, for real tokenizers', [...models, 'texts/wiki.test.raw'], () => {
    const wiki = readFileSync(sharedPath('texts/wiki.test.raw'), 'utf8').slice(0, 200_000)
    for (const path of models) {
      const tokenizer = tokenizerOf(sharedPath(path).replace('/tokenizer.json', ''))
      const whole = tokenizer.encode(wiki)
      for (const count of [10, 500, 4000]) expect(firstTokens(tokenizer, wiki, count)).toEqual(whole.slice(0, count))
    }
  })
})

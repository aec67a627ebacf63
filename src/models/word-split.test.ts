import { Tokenizer } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutAtWords } from './word-split'

const letters = ['▁', 'a', 'b', 'c']
const description = (merges: string[], changes: object = {}) => {
  const tokens = [...letters, ...merges.map((merge) => merge.replace(' ', ''))]
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]))
  return {
    added_tokens: [],
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', vocab, merges, ...changes },
  }
}
const idsOf = (json: object, text: string) => new Tokenizer(json, {}).encode(text).ids

describe('cutAtWords', () => {
  const merges = ['a b', '▁ ▁', '▁ ab', 'b c', '▁▁ a', '▁ab c', 'c a']

  it('leaves every token as it was', () => {
    const json = description(merges)
    const cut = cutAtWords(json)
    expect(cut.pre_tokenizer).not.toBeNull()
    const text = fc.array(fc.constantFrom(' ', 'a', 'b', 'c'), { maxLength: 30 }).map((all) => all.join(''))
    const same = (sample: string) => {
      expect(idsOf(cut, sample)).toEqual(idsOf(json, sample))
    }
    fc.assert(fc.property(text, same), { numRuns: 300 })
  })

  it('keeps its hands off where a token may span two words', () => {
    const json = description([...merges, 'a ▁'])
    expect(cutAtWords(json)).toBe(json)
  })

  it.each([{ ignore_merges: true }, { end_of_word_suffix: '</w>' }, { type: 'Unigram' }])(
    'keeps its hands off %o',
    (changes) => {
      const json = description(merges, changes)
      expect(cutAtWords(json)).toBe(json)
    },
  )

  it('reads merges written as pairs', () => {
    const pairs = merges.map((merge) => merge.split(' '))
    const json = description(merges)
    const cut = cutAtWords({ ...json, model: { ...json.model, merges: pairs } })
    expect(idsOf(cut, ' ab c')).toEqual(idsOf(json, ' ab c'))
    const spanning = { ...json, model: { ...json.model, merges: [...pairs, ['a', '▁b']] } }
    expect(cutAtWords(spanning)).toBe(spanning)
  })
})

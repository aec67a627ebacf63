import { readFileSync } from 'node:fs'
import { Tokenizer } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedPath, sharedTest } from '../../test/shared'
import { rememberWords } from './word-memory'

const remembering = (...args: ConstructorParameters<typeof Tokenizer>) => {
  const tokenizer = new Tokenizer(...args)
  rememberWords(tokenizer)
  return tokenizer
}

const description = (changes: object, model: { merges?: string[] } = {}) => {
  const merges = model.merges ?? ['a b', 'Ġ a', 'Ġ ab', 'Ã ©', 'b c', 'Ċ Ċ']
  const tokens = [...'abcĠĊÃ©', ...merges.map((merge) => merge.replace(' ', '')), '<s>', '?']
  return {
    added_tokens: [{ id: tokens.indexOf('<s>'), content: '<s>', special: true, normalized: false }],
    normalizer: null,
    post_processor: null,
    decoder: null,
    ...changes,
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges, ...model },
  }
}
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true }
const split = { type: 'Split', pattern: { Regex: ' ?[ab]+|\\s+' }, behavior: 'Isolated', invert: false }

describe('rememberWords', () => {
  const text = fc
    .array(fc.constantFrom(' ', '\n', 'a', 'b', 'c', "'s", 'é', '7', '<s>'), { maxLength: 40 })
    .map((all) => all.join(''))

  it.each<[string, object, Parameters<typeof description>[1]?]>([
    ['ByteLevel', { pre_tokenizer: byteLevel }],
    ['ByteLevel with a space before the text', { pre_tokenizer: { ...byteLevel, add_prefix_space: true } }],
    [
      'Split, then ByteLevel',
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [split, { ...byteLevel, use_regex: false }] } },
    ],
    ['Split alone', { pre_tokenizer: split }],
    ['no pre-tokenizer', { pre_tokenizer: null }],
    [
      'merges of equal letters',
      { pre_tokenizer: byteLevel },
      { merges: ['a a', 'aa a', 'a b', 'b b', 'aa bb', 'b a'] },
    ],
    ['words that end in a mark', { pre_tokenizer: byteLevel }, { end_of_word_suffix: '©' } as object],
    ['whole words known', { pre_tokenizer: byteLevel }, { ignore_merges: true } as object],
    ['unknown tokens as one', { pre_tokenizer: byteLevel }, { unk_token: '?', fuse_unk: true } as object],
  ])('leaves every token as it was: %s', (_, changes, model) => {
    const json = description(changes, model)
    const [plain, ours] = [new Tokenizer(json, {}), remembering(json, {})]
    fc.assert(
      fc.property(text, (sample) => {
        expect(ours.encode(sample).ids).toEqual(plain.encode(sample).ids)
      }),
      { numRuns: 200 },
    )
  })

  for (const model of ['wren-3m', 'stories260K'])
    sharedTest(`gives ${model} the same ids of a whole text`, [`models/${model}`, 'texts/heldout.txt'], () => {
      const read = (name: string) => JSON.parse(readFileSync(sharedPath(`models/${model}/${name}`), 'utf8'))
      const files = [read('tokenizer.json'), read('tokenizer_config.json')] as const
      const sample = readFileSync(sharedPath('texts/heldout.txt'), 'utf8').slice(
        0,
        model === 'wren-3m' ? 300_000 : 30_000,
      )
      const ids = remembering(...files).encode(sample).ids
      expect(ids.length).toBeGreaterThan(sample.length / 6)
      expect(ids).toEqual(new Tokenizer(...files).encode(sample).ids)
    })
})

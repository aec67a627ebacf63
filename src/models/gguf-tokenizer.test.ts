import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { llamaTokens } from '../../test/llama-tokens'
import { sharedPath, sharedTest } from '../../test/shared'
import { readGguf } from '../formats/gguf/header'
import { tokenizerOf } from '../formats/gguf/tokenizer'
import { fileSource } from '../formats/node-files'
import { openTokenizer, type Tokenizer } from './tokenizer'

const MEGABYTE = 2 ** 20
const vocabularies = ['tokenizers/ggml-vocab-gpt-2.gguf', 'tokenizers/ggml-vocab-llama-spm.gguf']
const texts = ['texts/wiki.test.raw', 'texts/calib.txt', 'texts/tinystories_val.txt']

async function tokenizerAt(path: string): Promise<Tokenizer> {
  const { metadata } = await readGguf(await fileSource(path))
  return openTokenizer(tokenizerOf(metadata).files)
}

/** Texts that trip tokenizers: scripts and symbols of all kinds, runs of spaces, controls, special tokens, all mixed. */
function oddTexts(count: number): string[] {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: 'binary-ascii', maxLength: 12 }),
    fc.integer({ min: 1, max: 70 }).map((length) => ' '.repeat(length)),
    fc.constantFrom('\n', '\r\n', '\t\t', '\u0000', '\u0085', '\u00a0', '\u3000', '\ufeff', '\u200d', '▁', '▁▁'),
    fc.constantFrom('日本語の文章', '中文，测试。', '한국어', 'हिन्दी', 'عربى', '👩‍👩‍👧‍👦', '🏳️‍🌈', '𝔘𝔫𝔦𝔠𝔬𝔡𝔢', 'ﬁ', 'é'),
    fc.constantFrom('<s>', '</s>', '<unk>', '<|endoftext|>', '<0x0A>', '<', '|>'),
    fc.constantFrom(
      "don't",
      "I'LL",
      'banana',
      'aaaaaaaaa',
      'ababababab',
      '----------',
      '1234567',
      '3.14',
      'x²',
      '½',
      '٣٤',
    ),
    fc.constantFrom(' the', ' Hello', 'world', ' of', 'int main() {\n\treturn 0;\n}', '“quoted”', '…', '$10', 'C++'),
  )
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
  return fc.sample(text, { seed: 1, numRuns: count })
}

describe.each(vocabularies)('%s', (vocabulary) => {
  sharedTest(
    'finds the tokens of a megabyte of text that llama.cpp finds',
    [vocabulary, ...texts],
    async () => {
      const whole = (await Promise.all(texts.map((text) => readFile(sharedPath(text), 'utf8')))).map((text) =>
        text.slice(0, MEGABYTE / texts.length),
      )
      const tokenizer = await tokenizerAt(sharedPath(vocabulary))
      const expected = await llamaTokens(sharedPath(vocabulary), whole)
      expect(whole.join('').length).toBeGreaterThan(MEGABYTE - 3)
      for (const [i, text] of whole.entries()) expect(tokenizer.encode(text)).toEqual(expected[i])
    },
    60_000,
  )

  sharedTest(
    'finds the tokens of odd texts that llama.cpp finds',
    [vocabulary],
    async () => {
      const odd = oddTexts(4000)
      const tokenizer = await tokenizerAt(sharedPath(vocabulary))
      const expected = await llamaTokens(sharedPath(vocabulary), odd)
      for (const [i, text] of odd.entries()) expect([text, tokenizer.encode(text)]).toEqual([text, expected[i]])
    },
    60_000,
  )
})

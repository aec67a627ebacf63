import { readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nano, scratch } from '../../test/cli'
import { f32s, flag, ggufFile, i32s, text as textEntry, texts as textsEntry, u32, type Written } from '../../test/gguf'
import { ggufOf } from '../../test/gguf-model'
import { llamaTokens } from '../../test/llama'
import { sharedPath, sharedTest } from '../../test/shared'
import { readGguf } from '../formats/gguf/header'
import { splitsByName } from '../formats/gguf/splits'
import { tokenizerOf } from '../formats/gguf/tokenizer'
import { fileSource, folderSources } from '../formats/node-files'
import { openModel } from '../formats/open'
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
    // overlapping parts of one token
    fc.string({ unit: fc.constantFrom('a', 'n', 'o', ' ', '-'), maxLength: 24 }),
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
      const [expected] = await llamaTokens([sharedPath(vocabulary)], whole)
      expect(whole.join('').length).toBeGreaterThan(MEGABYTE - 3)
      for (const [i, text] of whole.entries()) expect(tokenizer.encode(text)).toEqual(expected![i])
    },
    60_000,
  )

  sharedTest(
    'finds the tokens of odd texts that llama.cpp finds',
    [vocabulary],
    async () => {
      const odd = oddTexts(4000)
      const tokenizer = await tokenizerAt(sharedPath(vocabulary))
      const [expected] = await llamaTokens([sharedPath(vocabulary)], odd)
      for (const [i, text] of odd.entries()) expect([text, tokenizer.encode(text)]).toEqual([text, expected![i]])
    },
    60_000,
  )
})

describe('texts are cut as llama.cpp cuts them', () => {
  const folder = scratch()
  // names of the same way of cutting would only take time
  const names = Object.keys(splitsByName).filter(
    (name, i, all) => all.findIndex((other) => splitsByName[other] === splitsByName[name]) === i,
  )

  it(`by the names ${names.join(', ')}`, async () => {
    const { metadata } = await ggufOf(await openModel(await folderSources(nano)))
    const others = metadata.filter(([key]) => key !== 'tokenizer.ggml.pre')
    const paths = names.map((name) => {
      const path = join(folder, `${name}.gguf`)
      writeFileSync(path, ggufFile({ metadata: [...others, ['tokenizer.ggml.pre', textEntry(name)]], tensors: [] }))
      return path
    })
    const texts = [...oddTexts(700), readFileSync(join(nano, '../../../README.md'), 'utf8')]
    const expected = await llamaTokens(paths, texts)
    expect(new Set(expected.map((ids) => JSON.stringify(ids))).size).toBeGreaterThan(7)
    for (const [at, path] of paths.entries()) {
      const tokenizer = await tokenizerAt(path)
      for (const [i, text] of texts.entries())
        expect([names[at], text, tokenizer.encode(text)]).toEqual([names[at], text, expected[at]![i]])
    }
  }, 120_000)
})

/** A small vocabulary of SentencePiece in which tokens overlap in themselves and in each other, scores in any order. */
function overlapping(seed: number, prefix: boolean): Written['metadata'] {
  const words = fc.sample(fc.string({ unit: fc.constantFrom('a', 'n', '▁'), minLength: 2, maxLength: 7 }), {
    seed,
    numRuns: 60,
  })
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
  const normal = [...new Set([...words, 'aa', 'an', 'na', '▁▁', 'a▁', 'n▁', '▁a', '▁n', 'a', 'n', 'o', '-', '▁'])]
  const [order] = fc.sample(fc.shuffledSubarray(normal, { minLength: normal.length }), { seed, numRuns: 1 })
  return [
    ['general.architecture', textEntry('llama')],
    ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map(
      (key) => [`llama.${key}`, u32(1)] as const,
    ),
    ['llama.attention.layer_norm_rms_epsilon', [6, new Uint8Array(4)]],
    ['tokenizer.ggml.model', textEntry('llama')],
    ['tokenizer.ggml.tokens', textsEntry(['<unk>', '<s>', '</s>', ...bytes, ...normal])],
    ['tokenizer.ggml.token_type', i32s([2, 3, 3, ...bytes.map(() => 6), ...normal.map(() => 1)])],
    [
      'tokenizer.ggml.scores',
      f32s([0, 0, 0, ...bytes.map(() => 0), ...normal.map((word) => -1 - order!.indexOf(word))]),
    ],
    ['tokenizer.ggml.add_space_prefix', flag(prefix)],
  ]
}

describe('SentencePiece joins neighbours as llama.cpp does', () => {
  const folder = scratch()

  it('where tokens overlap, with a space before a text and without', async () => {
    const paths = [1, 2, 3, 4, 5, 6].map((seed) => {
      const path = join(folder, `${seed}.gguf`)
      writeFileSync(path, ggufFile({ metadata: overlapping(seed, seed % 2 === 0), tensors: [] }))
      return path
    })
    const few = fc.string({ unit: fc.constantFrom('a', 'n', ' ', 'a', 'n', 'o', '-', 'é', '\n', '<s>'), maxLength: 40 })
    const texts = fc.sample(few, { seed: 1, numRuns: 1000 })
    const expected = await llamaTokens(paths, texts)
    for (const [at, path] of paths.entries()) {
      const tokenizer = await tokenizerAt(path)
      for (const [i, text] of texts.entries())
        expect([at, text, tokenizer.encode(text)]).toEqual([at, text, expected[at]![i]])
    }
  }, 120_000)
})

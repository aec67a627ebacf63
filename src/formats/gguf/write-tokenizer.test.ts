import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nano, sample, scratch } from '../../../test/cli'
import { llama } from '../../../test/llama'
import { sharedPath, sharedTest } from '../../../test/shared'
import { collect } from '../../../test/tiny-model'
import { FormatError } from '../../errors'
import { openTokenizer } from '../../models/tokenizer'
import { preTokenizerName } from './pre-tokenizers'
import { splitsByName } from './splits'
import { type GgufValue, writeGguf } from './write'
import { tokenizerMetadata } from './write-tokenizer'

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const special = { bos: null, eos: null, addsBos: false }

/** Byte-level BPE of a few tokens, one of them added. */
const small = {
  model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2, '<unk>': 3 }, merges: [['a', 'b']], unk_token: '<unk>' },
  added_tokens: [
    { id: 3, content: '<unk>', special: true },
    { id: 4, content: '<end>', special: true },
    { id: 5, content: '<tool>', special: false },
  ],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
}
const filesOf = (tokenizer: unknown) => new Map([['tokenizer.json', json(tokenizer)]])

describe('tokenizerMetadata', () => {
  it('lists tokens, kinds and merges, and fills up ids that no token has', () => {
    const entries = new Map(tokenizerMetadata(filesOf(small), { bos: 4, eos: 4, addsBos: true, vocab: 7 }))
    const value = (key: string) => {
      const found = entries.get(`tokenizer.ggml.${key}`)?.value
      return typeof found === 'object' ? Array.from(found as ArrayLike<unknown>) : found
    }
    expect(value('model')).toBe('gpt2')
    expect(value('pre')).toBe('gpt-2')
    expect(value('tokens')).toEqual(['a', 'b', 'ab', '<unk>', '<end>', '<tool>', '[PAD6]'])
    expect(value('token_type')).toEqual([1, 1, 1, 2, 3, 4, 5])
    expect(value('merges')).toEqual(['a b'])
    expect([value('bos_token_id'), value('unknown_token_id'), value('add_bos_token')]).toEqual([4, 3, true])
  })

  it.each([
    ['a Unigram model', { ...small, model: { type: 'Unigram', vocab: [] } }, /expected a BPE tokenizer/],
    [
      'ids beyond the embedding',
      { ...small, added_tokens: [{ id: 9, content: 'x', special: true }] },
      /expected ids below 7.*got 9/,
    ],
    [
      'a pre-tokenizer of its own',
      { ...small, pre_tokenizer: { type: 'Whitespace' } },
      /like gpt-2's, .*got 'Whitespace'/,
    ],
  ])('refuses %s', (_, tokenizer, says) => {
    const act = () => tokenizerMetadata(filesOf(tokenizer), { ...special, vocab: 7 })
    expect(act).toThrow(FormatError)
    expect(act).toThrow(says)
  })
})

describe('preTokenizerName', () => {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  const split = (numbers: string) => ({
    type: 'Sequence',
    pretokenizers: [
      {
        ...{ type: 'Split', behavior: 'Isolated', invert: false },
        pattern: {
          Regex: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
        },
      },
      byteLevel,
    ],
  })
  const digits = { type: 'Digits', individual_digits: true }
  it.each([
    ['llama-bpe', split('\\p{N}{1,3}')],
    ['qwen2', split('\\p{N}')],
    ['smollm', { type: 'Sequence', pretokenizers: [digits, { ...byteLevel, use_regex: true }] }],
    ['gpt-2', { ...byteLevel, use_regex: true }],
  ])('%s', (name, part) => {
    expect(preTokenizerName(part, name === 'llama-bpe')).toBe(name)
  })
})

it('a tokenizer that was read from a GGUF file gets its name again', () => {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  for (const name of Object.keys(splitsByName)) {
    const { expressions, ignoreMerges = false } = splitsByName[name]!
    const pretokenizers = [...expressions.map((Regex) => ({ type: 'Split', pattern: { Regex } })), byteLevel]
    const again = preTokenizerName({ type: 'Sequence', pretokenizers }, ignoreMerges)
    expect(splitsByName[again]).toEqual(splitsByName[name])
  }
})

describe('llama.cpp cuts texts as the model’s own tokenizer does', () => {
  const folder = scratch()
  const odd = "It’s  two\n\n\n  spaces,\ttabs 1234567 don't 漢字かな 🪡🧵 naïve\u0000\u0007 <s> \r\n end "

  async function expectSame(files: ReadonlyMap<string, Uint8Array>, text: string) {
    const tokenizer = openTokenizer(files)
    const { bos, vocab } = tokenizer
    const path = join(folder, `${vocab}.gguf`)
    const entries = tokenizerMetadata(files, { bos, eos: null, addsBos: false, vocab })
    const metadata = new Map<string, GgufValue>([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ...entries,
    ])
    writeFileSync(path, await collect(writeGguf(metadata, []).chunks))
    const { tokens } = await llama({ path, text })
    expect(tokens).toEqual(tokenizer.encode(text))
  }

  it('byte-level BPE', async () => {
    const names = ['tokenizer.json', 'tokenizer_config.json']
    const files = new Map(names.map((name) => [name, readFileSync(join(nano, name))]))
    await expectSame(files, readFileSync(sample(folder, 'moby-dick', 50_000), 'utf8') + odd.replace('<s>', ''))
  }, 60_000)

  it('SentencePiece’s BPE as Gemma has it: no space before a text, spaces and lines as tokens of their own', async () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
    const letters = [...'abcdefghijklmnopqrstuvwxyz.,▁\n']
    const pieces = ['th', 'the', 'er', 'an', 'in', '▁t', '▁a', '▁the', 'and', '▁and', '▁▁', '▁▁▁▁', '▁▁▁']
    const known = new Set([...letters, ...pieces])
    // as SentencePiece's vocabularies become merges: every way to make a piece, the likelier pieces first
    const merges = pieces.flatMap((piece) =>
      Array.from({ length: piece.length - 1 }, (_, i) => [piece.slice(0, i + 1), piece.slice(i + 1)])
        .filter((pair) => pair.every((part) => known.has(part)))
        .map((pair) => pair.join(' ')),
    )
    const whole = ['<pad>', '<eos>', '<bos>', '<unk>', '<start_of_turn>']
    const tokens = [...whole, ...bytes, ...letters, ...pieces, '\n\n']
    const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]))
    const added = [...whole, '\n', '\n\n'].map((content) => ({
      ...{ id: vocab[content]!, content, special: whole.includes(content) },
      ...{ normalized: false, single_word: false, lstrip: false, rstrip: false },
    }))
    const gemma = {
      added_tokens: added,
      normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      post_processor: null,
      decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
      pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
      model: { type: 'BPE', byte_fallback: true, fuse_unk: true, unk_token: '<unk>', vocab, merges },
    }
    const text = 'the  ant and   the inner\n\n\n    there, an other.\n thin é  '
    await expectSame(filesOf(gemma), text.repeat(40))
  }, 60_000)

  sharedTest(
    'SentencePiece',
    ['tokenizers/llama2-tokenizer.json', 'texts/wiki.test.raw'],
    async () => {
      const read = (name: string) => readFileSync(sharedPath(`tokenizers/llama2-${name}`))
      const names = ['tokenizer.json', 'tokenizer_config.json']
      const files = new Map(names.map((name) => [name, read(name)]))
      const text = readFileSync(sharedPath('texts/wiki.test.raw'), 'utf8').slice(0, 50_000)
      await expectSame(files, text + odd.replace('<s>', ''))
    },
    60_000,
  )
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sharedPath, sharedTest } from '../../test/shared'
import { FormatError } from '../errors'
import { openTokenizer } from './tokenizer'

const side = ['tokenizer.json', 'tokenizer_config.json']
const filesOf = (model: string) =>
  new Map(side.map((name) => [name, new Uint8Array(readFileSync(sharedPath(`models/${model}/${name}`)))]))

interface TextReference {
  first_ids: number[]
  tokens_total: number
}
interface ModelReference {
  prompt_text?: string
  prompt_ids: number[]
  greedy_ids?: number[]
  greedy_text?: string
  ppl: Record<string, TextReference>
}
const reference = (model: string): ModelReference =>
  JSON.parse(readFileSync(sharedPath('reference/reference.json'), 'utf8')).models[model]

describe('token ids equal those of transformers', () => {
  for (const [model, characters] of [
    ['stories260K', 100_000],
    ['wren-nano', 300_000],
    ['wren-3m', 300_000],
    ['wren-25m', 300_000],
  ] as const)
    sharedTest(`${model}`, [`models/${model}`, 'reference/reference.json', 'texts'], () => {
      const tokenizer = openTokenizer(filesOf(model))
      expect(tokenizer.addsBos).toBe(true)
      for (const [text, expected] of Object.entries(reference(model).ppl)) {
        const ids = tokenizer.encode(readFileSync(sharedPath(`texts/${text}`), 'utf8').slice(0, characters))
        expect(ids.length).toBe(expected.tokens_total)
        expect(ids.slice(0, expected.first_ids.length)).toEqual(expected.first_ids)
        expect(ids.every((id) => id < tokenizer.vocab)).toBe(true)
      }
    })

  sharedTest('prompts with BOS, and generated text', ['models/wren-3m', 'reference/reference.json'], () => {
    const tokenizer = openTokenizer(filesOf('wren-3m'))
    const { prompt_text, prompt_ids, greedy_ids, greedy_text } = reference('wren-3m')
    expect(tokenizer.encode(prompt_text!, { bos: true })).toEqual(prompt_ids)
    expect(tokenizer.decode(greedy_ids!)).toBe(greedy_text)
    expect(tokenizer.bos).toBe(0)
  })
})

const tiny = (changes: object = {}, config: object = {}) => {
  const json = {
    version: '1.0',
    added_tokens: [{ id: 0, content: '<s>', special: true, normalized: false }],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: { type: 'BPE', vocab: { '<s>': 0, a: 1, b: 2, ab: 3 }, merges: ['a b'] },
    ...changes,
  }
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
  return new Map([
    ['tokenizer.json', bytes(json)],
    ['tokenizer_config.json', bytes(config)],
  ])
}

describe('openTokenizer', () => {
  it('encodes and decodes', () => {
    const tokenizer = openTokenizer(tiny({}, { bos_token: { content: '<s>' }, add_bos_token: true }))
    expect(tokenizer.encode('aba')).toEqual([3, 1])
    expect(tokenizer.encode('ab', { bos: true })).toEqual([0, 3])
    expect(tokenizer.decode([0, 3, 1])).toBe('<s>aba')
    expect(tokenizer).toMatchObject({ bos: 0, addsBos: true, vocab: 4 })
  })

  it('decodes nothing to nothing and leaves out ids without a token', () => {
    const tokenizer = openTokenizer(tiny())
    expect(tokenizer.decode([])).toBe('')
    expect(tokenizer.decode([99, 1])).toBe('a')
  })

  it('knows a tokenizer without BOS', () => {
    const tokenizer = openTokenizer(tiny())
    expect(tokenizer).toMatchObject({ bos: null, addsBos: false })
    expect(() => tokenizer.encode('a', { bos: true })).toThrow(FormatError)
  })

  it.each([
    ['no file', new Map<string, Uint8Array>(), /got none — add it/],
    ['no JSON', new Map([['tokenizer.json', new Uint8Array([1, 2])]]), /expected a JSON object/],
    ['no model', tiny({ model: undefined }), /json model: expected object/],
    ['an unknown model', tiny({ model: { type: 'Oracle', vocab: {} } }), /model.type: expected one of/],
    ['ids that are no ids', tiny({ model: { type: 'BPE', vocab: { a: -1 }, merges: [] } }), /model\.vocab\.a: /],
    ['a broken pre-tokenizer', tiny({ pre_tokenizer: { type: 'Nonsense' } }), /Nonsense/],
  ])('refuses %s', (_, files, message) => {
    expect(() => openTokenizer(files)).toThrow(FormatError)
    expect(() => openTokenizer(files)).toThrow(message)
  })
})

import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { openTokenizer } from './tokenizer'

const open = (changes: object) => {
  const json = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2, '!': 3 }, merges: ['a b'] },
    ...changes,
  }
  return openTokenizer(new Map([['tokenizer.json', new TextEncoder().encode(JSON.stringify(json))]]))
}
const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })
const replace = (Regex: string, content: string) => ({ type: 'Replace', pattern: { Regex }, content })
const sequence = (kind: string, steps: object[]) => ({ type: 'Sequence', [kind]: steps })
const evil = '(a+)+$'
const text = `${'a'.repeat(5000)}!`

/** Refused as a file's fault, and soon. */
function refuses(act: () => unknown, what: string | RegExp = 'bounded time'): void {
  const begun = performance.now()
  let error: unknown
  try {
    act()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(FormatError)
  expect((error as Error).message).toMatch(what)
  expect(performance.now() - begun).toBeLessThan(5000)
}

describe('regular expressions of a tokenizer.json come to an end', () => {
  it.each([
    ['a pre-tokenizer', { pre_tokenizer: split(evil) }],
    [
      'one of several',
      { pre_tokenizer: sequence('pretokenizers', [split('b'), sequence('pretokenizers', [split(evil)])]) },
    ],
    ['a normalizer', { normalizer: replace(evil, 'b') }],
    ['one of several normalizers', { normalizer: sequence('normalizers', [replace('b', 'a'), replace(evil, 'b')]) }],
    ['a pre-tokenizer that replaces', { pre_tokenizer: { ...replace(evil, 'b') } }],
  ])('of %s', (_, changes) => {
    const tokenizer = open(changes)
    expect(tokenizer.encode('aab!')).not.toHaveLength(0)
    refuses(() => tokenizer.encode(text))
  })

  it('of a decoder', () => {
    const tokenizer = open({ decoder: sequence('decoders', [{ type: 'Fuse' }, replace(evil, 'b')]) })
    refuses(() => tokenizer.decode([...Array<number>(5000).fill(0), 3]))
  })

  it('also where the library uses them while it is made', () => {
    const added_tokens = [{ id: 4, content: `${'a'.repeat(900)}!`, special: false, normalized: true }]
    refuses(() => open({ added_tokens, normalizer: replace(evil, 'b') }))
  })

  it('when many words are short: the allowance is that of the whole text', () => {
    const words = `${'a'.repeat(24)}! `.repeat(2000)
    refuses(() => open({ pre_tokenizer: sequence('pretokenizers', [split(' '), split('(a|aa)+$')]) }).encode(words))
  })
})

describe('a tokenizer.json that would fill the memory is refused', () => {
  it.each([
    ['pieces of no length', { pre_tokenizer: { type: 'FixedLength', length: 0 } }, 'pre_tokenizer.length'],
    ['pieces of length null', { pre_tokenizer: { type: 'FixedLength', length: null } }, 'pre_tokenizer.length'],
    ['a long replacement', { normalizer: replace('a', 'b'.repeat(1000)) }, 'normalizer.content'],
    ['a long beginning', { normalizer: { type: 'Prepend', prepend: 'b'.repeat(1000) } }, 'normalizer.prepend'],
    ['a long pattern', { pre_tokenizer: split('a'.repeat(100_000)) }, 'pattern.Regex'],
    ['many steps', { pre_tokenizer: sequence('pretokenizers', Array(5000).fill(split('a'))) }, 'more than 100 steps'],
    ['a long added token', { added_tokens: [{ id: 4, content: 'a'.repeat(1e6) }] }, 'added_tokens.0.content'],
    [
      'a long word',
      { model: { type: 'WordPiece', vocab: { a: 0 }, max_input_chars_per_word: 1e9 } },
      'max_input_chars',
    ],
    [
      'a long piece',
      {
        model: {
          type: 'Unigram',
          unk_id: 0,
          vocab: [
            ['a', 0],
            ['a'.repeat(1e6), 0],
          ],
        },
      },
      'a token of more',
    ],
  ])('%s', (_, changes, what) => refuses(() => open(changes), what))

  it('a replacement of replacements', () => {
    const steps = Array.from({ length: 20 }, () => ({ ...replace('', 'aaaa'), pattern: { String: 'a' } }))
    refuses(() => open({ normalizer: sequence('normalizers', steps) }).encode(text), 'far more text')
  })

  it('steps in steps without end', () => {
    let deep: object = split('a')
    for (let i = 0; i < 2000; i++) deep = sequence('pretokenizers', [deep])
    refuses(() => open({ pre_tokenizer: deep }), 'more than 64 levels')
  })
})

import { expect, it } from 'vitest'
import type { Tokenizer } from '../models/tokenizer'
import { remembering } from './remembering'

/** Encodes letters as their codes and counts how often it had to. */
function counting() {
  const calls: string[] = []
  const encode: Tokenizer['encode'] = (text, options) => {
    calls.push(text[0]!)
    return [...(options?.bos ? [1] : []), text.charCodeAt(0), text.length]
  }
  const tokenizer: Tokenizer = { encode, decode: () => '', vocab: 256, bos: 1, addsBos: true }
  return { calls, tokenizer: remembering(tokenizer) }
}

const book = (letter: string) => letter.repeat(20_000)

it('encodes a long text once, with and without BOS apart', () => {
  const { calls, tokenizer } = counting()
  const first = tokenizer.encode(book('a'))
  first.push(99)
  expect(tokenizer.encode(book('a'))).toEqual([97, 20_000])
  expect(tokenizer.encode(book('a'), { bos: true })).toEqual([1, 97, 20_000])
  expect(calls).toEqual(['a', 'a'])
})

it('keeps the texts used last, and no short ones', () => {
  const { calls, tokenizer } = counting()
  for (const letter of 'abcadbx') tokenizer.encode(letter === 'x' ? 'x' : book(letter))
  tokenizer.encode('x')
  expect(calls.join('')).toBe('abcdbxx')
})

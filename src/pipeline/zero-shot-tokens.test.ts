import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import type { Tokenizer } from '../models/tokenizer'
import { encodePair } from './zero-shot-tokens'

/** Letters, BOS written `^`, and two letters that join where they meet: 'ab'. */
const tokenizer: Tokenizer = {
  encode: (text) =>
    (text.match(/ab|./gs) ?? []).map((part) => (part === '^' ? 0 : part === 'ab' ? 1 : part.charCodeAt(0))),
  decode: () => '',
  vocab: 128,
  bos: 0,
  addsBos: true,
}
const ids = (text: string) => tokenizer.encode(text)
const pair = (context: string, continuation: string, capacity = 64, tokens = tokenizer) =>
  encodePair(tokens, { context: capacity }, { context, continuation }, 'file, line 3')

describe('a continuation behind its context', () => {
  it('is what both texts have beyond the context alone, behind BOS', () => {
    expect(pair('xy', ' cd')).toEqual({ input: [0, ...ids('xy c')], targets: ids(' cd') })
  })

  it('gets the space at the end of its context', () => {
    expect(pair('xy \n', 'cd')).toEqual({ input: [0, ...ids('xy \nc')], targets: ids(' \ncd') })
  })

  it('has no second BOS where the text begins with it, none where the tokenizer adds none', () => {
    expect(pair('^xy', ' c').input).toEqual(ids('^xy '))
    expect(pair('xy', ' c', 64, { ...tokenizer, addsBos: false }).input).toEqual(ids('xy '))
  })

  it('has what is left of a token that reaches into it', () => {
    // 'xa' + 'bc' is x ab c: two of the three tokens are the context's
    expect(pair('xa', 'bc')).toEqual({ input: [0, ...ids('xab')], targets: ids('c') })
  })

  it('keeps the end of what is too long, and all of the continuation', () => {
    expect(pair('uvwxy', ' cd', 4)).toEqual({ input: ids('xy c').slice(0, 4), targets: ids(' cd') })
    expect(pair('uvwxy', ' cd', 3)).toEqual({ input: ids('y c').slice(0, 3), targets: ids(' cd') })
  })

  it('is refused where it does not fit, or nothing is left of it', () => {
    expect(() => pair('xy', ' cd', 2)).toThrow(/^file, line 3: expected a continuation of 1 to 2 tokens, got 3 — /)
    expect(() => pair('xa', 'b')).toThrow(/got 0/)
    expect(() => pair('xa', 'b')).toThrow(FormatError)
  })
})

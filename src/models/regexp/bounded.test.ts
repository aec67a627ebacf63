import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeTexts } from '../../../scripts/texts.mjs'
import { FormatError } from '../../errors'
import { splitsByName } from '../../formats/gguf/splits'
import { BoundedRegExp } from './bounded'

const bounded = (source: string, left = 1e7, flags = 'gu') => new BoundedRegExp(source, flags, { left })
const matches = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(({ 0: match, index }) => [index, match])

const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."aAbB1 \n\r\t.,'s中é"), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
)

describe('BoundedRegExp finds what RegExp finds', () => {
  const published = [...new Set(Object.values(splitsByName).flatMap(({ expressions }) => expressions))]
  it.each([...published, ' ?[^()|\\p{White_Space}.,!?…]+', '▁*[^▁]+|▁+'])('%s', (source) => {
    const holds = (text: string) => {
      expect(matches(text, bounded(source))).toEqual(matches(text, new RegExp(source, 'gu')))
    }
    fc.assert(fc.property(texts, holds), { numRuns: 200 })
  })

  it('in at most 13 steps a character of prose for any published tokenizer', { timeout: 30_000 }, () => {
    writeTexts()
    const text = readFileSync(join(import.meta.dirname, '../../../public/texts/moby-dick.txt'), 'utf8').slice(0, 50_000)
    for (const [name, { expressions }] of Object.entries(splitsByName)) {
      const allowance = { left: 1e7 }
      let pieces = [text]
      for (const expression of expressions) {
        const pattern = new BoundedRegExp(expression, 'gu', allowance)
        pieces = pieces.flatMap((piece) => isolated(piece, pattern))
      }
      expect((1e7 - allowance.left) / text.length, name).toBeLessThan(13)
    }
  })

  /** Matches and what lies between them. */
  function isolated(text: string, pattern: RegExp): string[] {
    let at = 0
    const parts = [...text.matchAll(pattern)].flatMap(({ 0: match, index }) => {
      const before = text.slice(at, index)
      at = index + match.length
      return [before, match]
    })
    return [...parts, text.slice(at)].filter((part) => part !== '')
  }

  /** Whether it is not one of the patterns that this is about. */
  const comesToAnEnd = (find: () => unknown) => {
    try {
      find()
      return true
    } catch (error) {
      if (error instanceof FormatError) return false
      throw error
    }
  }

  /** Sources of what a tokenizer may hold, in every order. */
  const sources = fc.letrec<{ choice: string; sequence: string; term: string; atom: string }>((tie) => ({
    choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((items) => items.join('|')),
    sequence: fc.array(tie('term'), { maxLength: 3 }).map((items) => items.join('')),
    term: fc
      .tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,}', '{0,2}', '{1,2}?'))
      .map(([atom, quantifier]) => (/^\(\?(<?[=!])/.test(atom) ? atom : atom + quantifier)),
    atom: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        'a',
        'b',
        '[ab]',
        '[^a]',
        '.',
        '\\p{L}',
        '\\s',
        '\\n',
        '\\u{4e2d}',
        '\\x61',
        '\\.',
        '[\\]a]',
        '😀',
        '[^\\n]',
      ),
      fc
        .tuple(fc.constantFrom('(?:', '(', '(?=', '(?!', '(?<=', '(?<!'), tie('choice'))
        .map(([open, body]) => `${open}${body})`),
    ),
  }))
  it('for any pattern', { timeout: 30_000 }, () => {
    const holds = (source: string, text: string) => {
      const plain = new RegExp(source, 'gu')
      const found = () => matches(text, bounded(source, 20_000))
      fc.pre(comesToAnEnd(found))
      expect(found(), source).toEqual(matches(text, plain))
      expect(text.replaceAll(bounded(source), '-')).toBe(text.replaceAll(plain, '-'))
    }
    const few = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '中', '.'), maxLength: 8 })
    fc.assert(fc.property(sources.choice, few, holds), { numRuns: 500 })
  })

  it('when it splits, without what groups held', () => {
    expect('a1b22c'.split(bounded('(\\p{N})+'))).toEqual(['a', 'b', 'c'])
    expect('a1b22c'.match(bounded('\\p{N}+'))).toEqual(['1', '22'])
  })
})

describe('BoundedRegExp refuses', () => {
  const steps = 1e6
  it.each([
    '(a+)+$',
    '(a|a)*b',
    '(a*)*b',
    '([a-z]+)*[0-9]',
    '(?=(a+)+b)x|b',
    '(?:a?){40}a{40}b',
    '(a|b|ab)*c',
    'a+b',
    '.*.*.*=',
    '(?<=b(a+)+)!',
  ])('to try %s to the end on a long text', (source) => {
    const text = `${'a'.repeat(20_000)}!`
    const begun = performance.now()
    // the library writes $ as a look ahead
    expect(() => text.match(bounded(source.replace('$', '(?![\\s\\S])'), steps))).toThrow(FormatError)
    expect(performance.now() - begun).toBeLessThan(2000)
  })

  it('a reference to a group, an unending number of copies, a deep or long pattern', () => {
    expect(() => bounded('(a)\\1')).toThrow("got '\\1' — use the file")
    expect(() => bounded('(?<x>a)\\k<x>')).toThrow(FormatError)
    expect(() => bounded('((a{1000}){1000}){1000}')).toThrow('more than 4000 steps')
    expect(() => bounded('((){100000}){100000}')).toThrow('more than 4000 steps')
    expect(() => bounded(`${'('.repeat(500)}a${')'.repeat(500)}`)).toThrow('more than 100 deep')
    expect(() => bounded('a'.repeat(30_000))).toThrow('30000 characters')
  })
})

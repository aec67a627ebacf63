import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../errors'
import { parseCandidates } from './candidates'
import { limitsFor, parseLimits } from './limits'

describe('parseCandidates', () => {
  it('reads widths', () => {
    expect(parseCandidates('1,2,3,4')).toEqual([1, 2, 3, 4])
    expect(parseCandidates(' 2, 4 ,8 ')).toEqual([2, 4, 8])
    expect(parseCandidates('5')).toEqual([5])
  })

  it.each([
    ['', 'none'],
    [' ', 'none'],
    ['2,1', '2,1'],
    ['1,2,2', '1,2,2'],
    ['0,1', "'0'"],
    ['8,9', "'9'"],
    ['1,,2', "''"],
    ['1.5', "'1.5'"],
    ['two', "'two'"],
    ['1e0', "'1e0'"],
    ['x'.repeat(500), `'${'x'.repeat(60)}…'`],
  ])('refuses %j', (text, got) => {
    expect(() => parseCandidates(text)).toThrow(FormatError)
    expect(() => parseCandidates(text)).toThrow(`got ${got} —`)
  })

  it('answers any text with ascending widths or FormatError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('1', '2', '8', '9', ',', ' ', '-') }), (text) => {
        try {
          const widths = parseCandidates(text)
          expect(widths).toEqual([...new Set(widths)].sort((a, b) => a - b))
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
    )
  })
})

describe('parseLimits', () => {
  const candidates = [1, 2, 3, 4] as const
  const allowed = (name: string, text: string) => {
    const mask = limitsFor(name, parseLimits(text), candidates)
    return candidates.filter((_, k) => mask & (1 << k))
  }
  const down = 'model.layers.0.mlp.down_proj'

  it('reads both ends, one end, a single width', () => {
    expect(allowed(down, 'down_proj: 2-4')).toEqual([2, 3, 4])
    expect(allowed(down, 'down_proj: 3-')).toEqual([3, 4])
    expect(allowed(down, 'down_proj: -2')).toEqual([1, 2])
    expect(allowed(down, 'down_proj:3')).toEqual([3])
    expect(allowed(down, 'o_proj: 3')).toEqual([1, 2, 3, 4])
    expect(allowed(down, '')).toEqual([1, 2, 3, 4])
  })

  it('applies all rules that match, by commas or lines', () => {
    expect(allowed(down, 'down_proj: 2-4, layers\\.0\\.: 3-')).toEqual([3, 4])
    expect(allowed(down, 'down_proj: -3\n\n layers\\.[0-3]\\.: 2-\n')).toEqual([2, 3])
    expect(allowed('model.layers.10.mlp.down_proj', 'layers\\.0\\.: 4')).toEqual([1, 2, 3, 4])
  })

  it('knows anchors, alternatives, classes and repetitions', () => {
    for (const pattern of ['^model.*proj$', 'up_proj|down_proj', 'layers\\.\\d+\\.mlp', '[a-z]+_proj', 'down:?_proj'])
      expect(allowed(down, `${pattern}: 4`)).toEqual([4])
    for (const pattern of ['^layers', 'down$', '[^.a-z_0-9]']) expect(allowed(down, `${pattern}: 4`)).toHaveLength(4)
  })

  it.each([
    ['down_proj', 'no colon after a pattern'],
    [': 2-3', 'no colon after a pattern'],
    ['a: ', "''"],
    ['a: -', "'-'"],
    ['a: 0-4', "'0-4'"],
    ['a: 2-9', "'2-9'"],
    ['a: 24', "'24'"],
    ['a: 2 4', "'2 4'"],
    ['a: 4-2', '4-2 — swap'],
    [`${'a'.repeat(201)}: 2`, 'got 201'],
    ['(a+)+b: 2', 'without groups'],
    ['a{9}: 2', 'without groups'],
    ['(?=a)a: 2', 'without groups'],
    ['a\\1: 2', 'without groups'],
    ['[0: 2', 'without groups'],
    ['a\\: 2', 'without groups'],
    ['a?a?a?aaa: 2', 'at most 2 of * + ?, got 3'],
    ['*a: 2', 'expected a regular expression'],
    ['[z-a]: 2', 'expected a regular expression'],
  ])('refuses %j and names it', (rule, message) => {
    const text = `o_proj: 2-4, ${rule}`
    expect(() => parseLimits(text)).toThrow(FormatError)
    expect(() => parseLimits(text)).toThrow(message)
    expect(() => parseLimits(text)).toThrow(`limit '${rule.trim().slice(0, 50)}`)
  })

  it('answers any text in no time, with rules or FormatError', () => {
    const unit = fc.constantFrom(...'ab.*+?|^$[]()\\{}:-, 0123456789\n')
    const name = 'ab'.repeat(5000)
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        try {
          limitsFor(name, parseLimits(text), [1, 2, 3, 4, 5, 6, 7, 8])
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('ends soon on the slowest pattern that is let through', () => {
    const rules = parseLimits('a*a*b: 2')
    const start = performance.now()
    limitsFor('a'.repeat(100_000), rules, candidates)
    // a few milliseconds; a second leaves room for a busy machine
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('says when no candidate is left', () => {
    const rules = parseLimits('down_proj: -2, layers\\.0\\.: 3-')
    expect(() => limitsFor(down, rules, candidates)).toThrow(FormatError)
    expect(() => limitsFor(down, rules, candidates)).toThrow(
      `limits of ${down}: expected room for one of the candidates`,
    )
    expect(() => limitsFor(down, parseLimits('mlp: 5-8'), candidates)).toThrow('got at least 5 and at most 8 bits')
  })
})

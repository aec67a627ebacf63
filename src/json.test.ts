import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './json'

describe('parseJson', () => {
  it('parses what JSON.parse does', () => {
    const holds = (value: unknown) => {
      const json = JSON.stringify(value)
      expect(parseJson(json)).toEqual(JSON.parse(json))
    }
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), holds))
  })

  it('counts neither brackets nor commas of strings', () => {
    const value = { 'a"\\': `${'['.repeat(1000)}${','.repeat(1000)}\\"` }
    expect(parseJson(JSON.stringify(value), 10)).toEqual(value)
  })

  it('refuses what is deep or long before it is parsed', () => {
    expect(() => parseJson('['.repeat(100_000) + ']'.repeat(100_000))).toThrow('more than 64 levels')
    expect(() => parseJson(`[${'0,'.repeat(1_000_000)}0]`)).toThrow('more than 500000 values')
    expect(parseJson(`[${'0,'.repeat(999)}0]`, 999)).toHaveLength(1000)
    expect(() => parseJson(`["${'x'.repeat(100_000)}`)).toThrow(SyntaxError)
  })
})

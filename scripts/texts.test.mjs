import { describe, expect, it } from 'vitest'
import { spread, unwrap } from './texts.mjs'

describe('unwrap', () => {
  it('joins the lines of a paragraph and keeps paragraphs apart', () => {
    expect(unwrap('\nCHAPTER 1\n\nCall me\nIshmael. Some\nyears ago\n\n\nIt is\na way\n')).toBe(
      'CHAPTER 1\n\nCall me Ishmael. Some years ago\n\nIt is a way',
    )
  })
  it('leaves verse in lines', () => {
    expect(unwrap('  The ribs and terrors\n  Arched over me')).toBe('The ribs and terrors\n  Arched over me')
  })
})

describe('spread', () => {
  const documents = ['0\n', '1', '2', '3', ' 4']
  it('keeps everything that fits, in order, blank lines between', () => {
    expect(spread(documents, 100)).toBe('0\n\n1\n\n2\n\n3\n\n4')
  })
  it('thins out evenly from first to last', () => {
    expect(spread(documents, 7)).toBe('0\n\n2\n\n4')
    expect(spread(documents, 4)).toBe('0\n\n4')
    expect(spread(documents, 1)).toBe('0')
  })
  it('counts bytes, not characters', () => {
    expect(spread(['—', '—'], 7)).toBe('—')
    expect(spread(['—', '—'], 8)).toBe('—\n\n—')
  })
  it('is empty when not even one fits', () => {
    expect(spread(documents, 0)).toBe('')
  })
})

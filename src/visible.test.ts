import { describe, expect, it } from 'vitest'
import { FormatError } from './errors'
import { shortened, visible } from './visible'

describe('visible', () => {
  it('shows what a terminal would obey and what turns text around', () => {
    expect(visible('\x1b[2J\x1b]0;title\x07 \x9b31m \x7f\r')).toBe(
      '\\u001b[2J\\u001b]0;title\\u0007 \\u009b31m \\u007f\\u000d',
    )
    expect(visible('safe\u202egpj.exe\u2066')).toBe('safe\\u202egpj.exe\\u2066')
  })

  it('leaves text in every language alone, with its lines and tabs', () => {
    const text = 'Zeile\n\tשלום\u200f 中文 🙂 é\u00a0'
    expect(visible(text)).toBe(text)
  })

  it('leaves JSON the same JSON', () => {
    const value = { 'a\x1b': '\x9b31m\u202e"\\\u2028' }
    const shown = visible(JSON.stringify(value))
    expect(shown).not.toMatch(/[\x80-\x9f\u202e]/)
    expect(JSON.parse(shown)).toEqual(value)
  })
})

describe('the message of an error', () => {
  it('shows controls and keeps beginning and remedy of any length', () => {
    const { message } = new FormatError(`\x1b[31m${'x'.repeat(1e6)} — use another file`)
    expect(message).toMatch(/^\\u001b\[31mxxx/)
    expect(message).toMatch(/x — use another file$/)
    expect(message.length).toBeLessThan(2100)
  })

  it('is shortened in the middle', () => expect(shortened('123456789', 6)).toBe('1234 … 89'))
})

import { describe, expect, it } from 'vitest'
import { isPlainName, plainName } from './file-name'
import { zipStream } from './zip'

const hostile = [
  '../../etc/passwd',
  '..',
  '/root/.bashrc',
  'C:\\Windows\\x',
  'a\0b',
  '\x1b[2J',
  'con',
  'NUL.model',
  'lpt1.x',
  'safe\u202egpj',
  '<img src=x onerror=alert(1)>',
  'x'.repeat(1e6),
  ' . ',
  '',
]

describe('a model by any name', () => {
  it.each(hostile)('%#: becomes one plain name', (name) => {
    expect(plainName(name)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,104}[A-Za-z0-9])?$/)
    expect(isPlainName(plainName(name))).toBe(true)
  })

  it('keeps its own where that is one', () => expect(plainName('Llama-3.2_1B')).toBe('Llama-3.2_1B'))
})

describe('a zip', () => {
  const file = (name: string) => ({ name, size: 0, chunks: (async function* () {})() })
  it.each([...hostile, 'a/b', 'a\\b', 'trailing.', 'trailing '].filter((name) => !isPlainName(name)))(
    '%#: takes no name that leaves it',
    (name) => {
      expect(() => zipStream('folder', [file(name)])).toThrow('bug in Bitloom: the file name')
      expect(() => zipStream(name, [file('config.json')])).toThrow('bug in Bitloom: the file name')
    },
  )

  it('takes those of a model', () =>
    expect(zipStream('m-fp16', [file('config.json'), file('LICENSE')]).size).toBeGreaterThan(0))
})

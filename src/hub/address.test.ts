import { expect, it } from 'vitest'
import { FormatError } from '../errors'
import { addressText, isPlainPath, readAddress } from './address'

it.each([
  ['org/name', { repo: 'org/name', revision: 'main', file: null }],
  ['  gpt2 ', { repo: 'gpt2', revision: 'main', file: null }],
  ['org/name@v1.0', { repo: 'org/name', revision: 'v1.0', file: null }],
  ['org/name@refs/pr/1', { repo: 'org/name', revision: 'refs/pr/1', file: null }],
  ['https://huggingface.co/org/name', { repo: 'org/name', revision: 'main', file: null }],
  ['huggingface.co/org/name/', { repo: 'org/name', revision: 'main', file: null }],
  ['https://hf.co/org/name/tree/dev', { repo: 'org/name', revision: 'dev', file: null }],
  ['https://huggingface.co/org/name/tree/refs%2Fpr%2F1', { repo: 'org/name', revision: 'refs/pr/1', file: null }],
  [
    'https://huggingface.co/org/name/resolve/main/q4/m-Q4_0.gguf?download=true',
    { repo: 'org/name', revision: 'main', file: 'q4/m-Q4_0.gguf' },
  ],
  [
    'https://huggingface.co/org/name/blob/abc/model.safetensors',
    { repo: 'org/name', revision: 'abc', file: 'model.safetensors' },
  ],
])('reads %s', (text, address) => expect(readAddress(text)).toEqual(address))

it.each([
  '',
  'a/b/c',
  '../x',
  'org/..',
  'org/na me',
  'org/name@../up',
  'org/name@',
  'https://example.com/org/name',
  'https://huggingface.co/datasets/org/name',
  'https://huggingface.co/org/name/resolve/main/%2e%2e%2fx.gguf',
  'javascript:alert(1)',
])('refuses %j and says what it expected', (text) => {
  expect(() => readAddress(text)).toThrow(FormatError)
  expect(() => readAddress(text)).toThrow(/expected a model of huggingface.co as org\/name/)
})

it('writes an address that reads back', () => {
  for (const text of ['org/name', 'org/name@v1']) expect(addressText(readAddress(text))).toBe(text)
})

it('knows names that stay in their folder and show as what they are', () => {
  for (const good of ['config.json', 'a/b.gguf', 'Größe.json']) expect(isPlainPath(good), good).toBe(true)
  for (const bad of [
    '../x',
    'a/../../b',
    '/etc/passwd',
    'a\\b',
    'a\u0007b',
    'a\nb',
    'x\u202egnp.exe',
    '',
    'a//b',
    '.',
    'C:x',
  ])
    expect(isPlainPath(bad), JSON.stringify(bad)).toBe(false)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { leaves, metadataEntries } from './metadata-entries'

const only = (value: unknown) => metadataEntries([['key', value]])[0]!

it('cuts what is long and says how long it was', () => {
  const tokens = Array.from({ length: 32000 }, (_, id) => `<${id}>`)
  expect(only(tokens)).toEqual({
    ...{ key: 'key', type: 'list of 32000 texts', cut: true },
    value: '"<0>", "<1>", "<2>", "<3>", "<4>", "<5>", "<6>", "<7>", …',
  })
  expect(only([1, 2.5])).toEqual({ key: 'key', type: 'list of 2 numbers', value: '1, 2.5', cut: false })
  expect(only('x'.repeat(1000))).toMatchObject({
    type: 'text of 1000 characters',
    value: `${'x'.repeat(240)}…`,
    cut: true,
  })
  expect(only(Math.fround(1e-5))).toMatchObject({ type: 'number', value: '0.00001' })
  expect(only(false)).toEqual({ key: 'key', type: 'true or false', value: 'false', cut: false })
  expect(only([])).toEqual({ key: 'key', type: 'list of 0', value: '', cut: false })
  expect(only(null)).toEqual({ key: 'key', type: 'none', value: 'none', cut: false })
})

it('shows characters that turn text around', () => {
  expect(metadataEntries([['a\u202eb', '\u001b[2J']])).toEqual([
    { key: 'a\\u202eb', type: 'text', value: '\\u001b[2J', cut: false },
  ])
})

it('is short whatever it is given', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
      for (const { key, value, type } of metadataEntries(leaves(values as Record<string, unknown>, '')))
        expect(key.length + value.length + type.length).toBeLessThan(6 * 700)
    }),
  )
})

it('names leaves by their paths', () => {
  expect([...leaves({ a: { b: 1, c: [2] }, d: null }, 'config.json: ')]).toEqual([
    ['config.json: a.b', 1],
    ['config.json: a.c', [2]],
    ['config.json: d', null],
  ])
})

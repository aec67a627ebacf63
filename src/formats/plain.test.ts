import fc from 'fast-check'
import { expect, it } from 'vitest'
import { collect } from '../../test/tiny-model'
import { FormatError } from '../errors'
import { memorySource } from './bytes'
import { readPlain, writePlain } from './plain'

const back = async (value: unknown) => {
  const { size, chunks } = writePlain(value)
  const bytes = await collect(chunks)
  expect(bytes).toHaveLength(size)
  return readPlain(memorySource(bytes, 'plan'))
}

it('gives back maps, typed arrays and numbers that JSON lacks', async () => {
  const value = {
    widths: new Map([
      ['a', Uint8Array.of(1, 2)],
      ['b', new Uint8Array(0)],
    ]),
    learned: new Map([['a', { training: { loss: Float32Array.of(Number.NaN, 0.5) }, warnings: ['λ'] }]]),
    nothing: null,
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, -1.5],
    exact: Float64Array.of(Math.PI),
  }
  expect(await back(value)).toEqual(value)
})

it('gives back any value', async () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.uint32Array(), fc.float32Array())
  const key = fc.string().filter((text) => text !== '$' && text !== '__proto__')
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      fc.array(fc.tuple(fc.string(), tie('tree')), { maxLength: 3 }).map((entries) => new Map(entries)),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(tree, async (value) => {
      expect(await back(value)).toEqual(value)
    }),
  )
})

it('refuses another file', async () => {
  await expect(readPlain(memorySource(Uint8Array.of(1, 2, 3), 'plan'))).rejects.toThrow(FormatError)
})

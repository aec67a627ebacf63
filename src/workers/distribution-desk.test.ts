import { expect, it } from 'vitest'
import { affineSample } from '../../test/affine'
import { CancelledError } from '../errors'
import { DistributionDesk } from './distribution-desk'

const { linear } = affineSample({
  ...{ out: 33, columns: 65, widths: [[4, 65]], grid: 'range', zeroBits: 4 },
  ...{ groupSize: 32, permuted: false, named: false, seed: 4 },
})

/** A desk that counts how often a matrix was read. */
function counting() {
  const reads: string[] = []
  const desk = new DistributionDesk(async (name) => {
    reads.push(name)
    return { linear: { ...linear, name }, original: null, whole: false, scaling: undefined }
  })
  return { desk, ask: (name: string) => desk.distributions(name, 'whole'), reads }
}

it('counts a matrix once while a few are looked at', async () => {
  const { ask, reads } = counting()
  const first = await ask('a')
  await ask('b')
  expect(await ask('a')).toBe(first)
  expect(reads).toEqual(['a', 'b'])
  for (const name of 'cdefghij') await ask(name)
  await ask('j')
  await ask('b')
  expect(reads.join('')).toBe('abcdefghijb')
})

it('stops counting what is no longer asked for', async () => {
  const { ask, reads, desk } = counting()
  const left = ask('a')
  const wanted = ask('b')
  await expect(left).rejects.toThrow(CancelledError)
  expect((await wanted).name).toBe('b')
  await ask('a')
  expect(reads).toEqual(['a', 'b', 'a'])
  desk.forget()
  await ask('b')
  expect(reads).toEqual(['a', 'b', 'a', 'b'])
})

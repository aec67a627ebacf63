import { describe, expect, it } from 'vitest'
import { testGpu } from '../../../test/device'
import { gaussian } from '../../../test/distributions'
import { randomFrom } from '../../random'
import { alternate, findGroups } from './grouping'

const options = { groups: 0, mostGroups: 6, selection: 'silhouette', neighbours: 12 } as const

/** Ascending magnitudes about some places. */
const about = (places: readonly number[], count: number, spread: number, seed: number) =>
  gaussian(count, seed)
    .map((value, i) => Math.abs(places[i % places.length]! + spread * value))
    .sort()

const samplesOf = (places: readonly number[], spread: number, count = 300) =>
  [1, 2, 3].map((seed) => about(places, count, spread, seed))

describe('groups of magnitudes', () => {
  it.each([
    ['silhouette', [1, 4], 12],
    ['silhouette', [1, 2, 3, 4], 12],
    // within a hump eigenvalues begin late only where most of it is neighbours
    ['eigengap', [1, 4], 100],
    ['eigengap', [1, 3, 5, 7, 9], 30],
  ] as const)('are as many as there are humps, by %s: %o', async (selection, places, neighbours) => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const found = await findGroups(gpu, samplesOf(places, 0.1), { ...options, selection, neighbours }, randomFrom(1))
    expect(found.amplitudes).toHaveLength(places.length)
    for (const [k, place] of places.entries()) expect(Math.abs(found.amplitudes[k]! - place)).toBeLessThan(0.05)
    expect(found.silhouettes).toHaveLength(5)
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('are those that were asked for, and no more than there are magnitudes', async () => {
    const gpu = await testGpu()
    const asked = await findGroups(gpu, samplesOf([1, 4], 0.3), { ...options, groups: 5 }, randomFrom(1))
    expect(asked.amplitudes).toHaveLength(5)
    expect(asked.silhouettes).toEqual([])
    expect([...asked.amplitudes]).toEqual([...asked.amplitudes].sort((a, b) => a - b))
    const few = await findGroups(gpu, samplesOf([1, 2, 3], 0), { ...options, groups: 5 }, randomFrom(1))
    expect(few.amplitudes).toEqual([1, 2, 3])
    const one = await findGroups(gpu, samplesOf([2], 0, 1), options, randomFrom(1))
    expect(one).toEqual({ amplitudes: [2], silhouettes: [], sample: null })
  })

  it('alternate until every magnitude is in the group of the nearest amplitude', () => {
    const values = Float64Array.of(0, 1, 2, 10, 11, 30)
    expect(alternate(values, [0, 9, 20])).toEqual([1, 10.5, 30])
    expect(alternate(values, [5])).toEqual([9])
    // what nothing is near to stays where it is
    expect(alternate(values, [9, 90])).toEqual([9, 90])
  })
})

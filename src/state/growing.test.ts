import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Growing } from './growing'

it('is a list, whatever was added to it or to those before it', () => {
  const step = fc.record({ from: fc.nat(), more: fc.array(fc.nat(), { maxLength: 4 }) })
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 4 }), fc.array(step, { maxLength: 20 }), (first, steps) => {
      const lists = [Growing.of(first)]
      const plain = [first]
      for (const { from, more } of steps) {
        const at = from % lists.length
        lists.push(lists[at]!.add(more))
        plain.push([...plain[at]!, ...more])
      }
      for (const [at, list] of lists.entries()) {
        expect([...list]).toEqual(plain[at])
        expect(list.toArray()).toEqual(plain[at])
        expect(list.length).toBe(plain[at]!.length)
        expect(list.at(list.length)).toBeUndefined()
        expect(list.at(0)).toBe(plain[at]![0])
      }
    }),
  )
})

it('copies nothing while it grows at its end, and its items once where it branches', () => {
  const first = Growing.of([1])
  let list = first
  for (let i = 0; i < 1000; i++) list = list.add([i])
  expect(list.origin).toBe(first.origin)
  expect(list.length).toBe(1001)
  const branch = first.add([7])
  expect(branch.origin).not.toBe(first.origin)
  expect([...branch]).toEqual([1, 7])
  expect(list.at(1)).toBe(0)
  expect(list.add([])).toBe(list)
  expect(list.toArray()).toBe(list.toArray())
})

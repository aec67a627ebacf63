import { expect, it } from 'vitest'
import { once, standIn } from './stand-in'

class Counter {
  constructor(private count: number) {}
  async add(by: number) {
    this.count += by
    return this.count
  }
  async name() {
    return 'there'
  }
}

it('loads what it stands for once, when it is called', async () => {
  let loads = 0
  const counter = standIn<Counter>(
    once(async () => {
      loads++
      return new Counter(5)
    }),
    { name: async () => 'here' },
  )
  expect([await counter.name(), loads]).toEqual(['here', 0])
  expect(await Promise.all([counter.add(2), counter.add(3)])).toEqual([7, 10])
  expect(loads).toBe(1)
})

it('passes a failure on and loads again after it', async () => {
  let tries = 0
  const counter = standIn<Counter>(
    once(async () => {
      if (++tries === 1) throw new Error('offline')
      return new Counter(0)
    }),
  )
  await expect(counter.add(1)).rejects.toThrow('offline')
  expect(await counter.add(1)).toBe(1)
})

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createStudioStore } from './store'
import { UNDO_MS, UndoDesk } from './undo'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A list of names of which any can be removed. */
function listOf(...names: string[]) {
  const store = createStudioStore()
  const desk = new UndoDesk(store)
  const there = new Set(names)
  const list = { shown: names }
  const remove = (name: string) =>
    desk.remove({
      ...{ key: name, what: name },
      remove: async () => void there.delete(name),
      refresh: async () => void (list.shown = [...there].filter((one) => !desk.isRemoved(one))),
    })
  return { desk, there, list, remove, removed: () => store.getState().removed }
}

it('takes a thing off the list at once and removes it when the time is over', async () => {
  const { there, list, remove, removed } = listOf('a', 'b')
  await remove('a')
  expect([list.shown, [...there], removed()]).toEqual([['b'], ['a', 'b'], { what: 'a' }])
  await vi.advanceTimersByTimeAsync(UNDO_MS - 1)
  expect(there.has('a')).toBe(true)
  await vi.advanceTimersByTimeAsync(1)
  expect([[...there], removed()]).toEqual([['b'], null])
})

it('brings it back', async () => {
  const { desk, there, list, remove, removed } = listOf('a', 'b')
  await remove('a')
  await desk.undo()
  await vi.advanceTimersByTimeAsync(2 * UNDO_MS)
  expect([list.shown, [...there], removed()]).toEqual([['a', 'b'], ['a', 'b'], null])
})

it('makes the first removal final before the second', async () => {
  const { desk, there, list, remove } = listOf('a', 'b')
  await remove('a')
  await remove('b')
  expect([...there]).toEqual(['b'])
  await desk.undo()
  expect(list.shown).toEqual(['b'])
})

it('lets the clock stand while the banner is held', async () => {
  const { desk, there, remove } = listOf('a')
  await remove('a')
  desk.hold()
  await vi.advanceTimersByTimeAsync(3 * UNDO_MS)
  expect(there.has('a')).toBe(true)
  desk.resume()
  await vi.advanceTimersByTimeAsync(UNDO_MS)
  expect(there.size).toBe(0)
})

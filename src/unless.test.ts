import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { unless } from './unless'

function event() {
  let fail = (_: Error) => {}
  const promise = new Promise<never>((_, reject) => {
    fail = reject
  })
  return { promise, fail }
}

it('gives what the work gives, or what it fails with', async () => {
  const or = unless(event().promise)
  expect(await or(Promise.resolve(3))).toBe(3)
  await expect(or(Promise.reject(new Error('own')))).rejects.toThrow('own')
})

it('fails with the event, before the work and after it', async () => {
  const { promise, fail } = event()
  const or = unless(promise)
  const never = or(new Promise<number>(() => {}))
  fail(new Error('lost'))
  await expect(never).rejects.toThrow('lost')
  await expect(or(new Promise<number>(() => {}))).rejects.toThrow('lost')
  expect(await or(Promise.resolve(3))).toBe(3)
})

it('holds nothing of work that is done', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { promise, fail } = event()
  const or = unless(promise)
  const results: WeakRef<object>[] = []
  for (let i = 0; i < 10; i++) results.push(new WeakRef(await or(Promise.resolve({ bytes: new Uint8Array(1000) }))))
  await new Promise((done) => setTimeout(done))
  collect()
  expect(results.filter((result) => result.deref())).toEqual([])
  fail(new Error('at last'))
})

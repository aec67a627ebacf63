import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { StorageError } from '../src/errors'
import { scratch } from '../test/cli'
import { takeLock } from './lock'

const folder = scratch()
let count = 0
const fresh = () => join(folder, `lock-${count++}`)

it('is held by one at a time and leaves nothing behind', async () => {
  const path = fresh()
  const release = await takeLock(path)
  await expect(takeLock(path)).rejects.toThrow(StorageError)
  await expect(takeLock(path)).rejects.toThrow(new RegExp(`got process ${process.pid} on ${hostname()}`))
  await release()
  const again = await takeLock(path)
  await again()
  expect(readdirSync(folder)).toEqual([])
})

it.each([
  [
    'whose process is gone',
    () => ({ pid: spawnSync(process.execPath, ['-e', '']).pid, host: hostname(), started: null }),
  ],
  ['whose process number another process has now', () => ({ pid: process.pid, host: hostname(), started: '-1' })],
])('is taken over from one %s', async (_, holder) => {
  const path = fresh()
  writeFileSync(path, JSON.stringify(holder()))
  const release = await takeLock(path)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid })
  await release()
})

it('is taken over where it cannot be read, and never from another machine', async () => {
  const path = fresh()
  writeFileSync(path, '{"pid":')
  await (await takeLock(path))()
  writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', started: null }))
  await expect(takeLock(path)).rejects.toThrow(/process 1 on elsewhere at work on it/)
  expect(existsSync(path)).toBe(true)
})

it('is taken over by one of many', async () => {
  const path = fresh()
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), started: '-1' }))
  const taken = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path)))
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

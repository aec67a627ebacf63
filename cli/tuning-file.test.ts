import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { tuningFile } from './tuning-file'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tuning-'))))
afterEach(() => rm(folder, { recursive: true }))

it('keeps what was found of every device', async () => {
  const path = join(folder, 'of', 'mine', 'tuning.json')
  const file = tuningFile(path)
  await expect(file.get('a')).rejects.toThrow()
  await file.set('a', '1')
  await file.set('__proto__ b', '2')
  expect(await file.get('a')).toBe('1')
  expect(await tuningFile(path).get('__proto__ b')).toBe('2')
  expect(await file.get('c')).toBeNull()
  expect(await readdir(join(folder, 'of', 'mine'))).toEqual(['tuning.json'])
})

it('begins anew where the file holds something else', async () => {
  const path = join(folder, 'tuning.json')
  await writeFile(path, '{"a":')
  await tuningFile(path).set('b', '2')
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ b: '2' })
})

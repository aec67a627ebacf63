import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { blobSource, memorySource } from './bytes'
import { fileSource, folderSources } from './node-files'

const content = Uint8Array.of(10, 11, 12, 13, 14)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloom-'))
  await writeFile(join(folder, 'data'), content)
})
afterAll(() => rm(folder, { recursive: true }))

describe.each([
  ['memorySource', async () => memorySource(content, 'data')],
  ['blobSource', async () => blobSource(new Blob([content]), 'data')],
  ['fileSource', () => fileSource(join(folder, 'data'))],
])('%s', (_, open) => {
  it('reads ranges', async () => {
    const source = await open()
    expect(source).toMatchObject({ name: 'data', size: 5 })
    expect([...(await source.read(1, 3))]).toEqual([11, 12, 13])
    expect([...(await source.read(5, 0))]).toEqual([])
  })

  it.each([
    [0, 6],
    [5, 1],
    [-1, 2],
    [0, -1],
    [0.5, 1],
    [2 ** 53, 1],
    [0, 2 ** 60],
    [Number.NaN, 1],
  ])('refuses to read %d, %d', async (offset, length) => {
    const source = await open()
    await expect(source.read(offset, length)).rejects.toThrow(FormatError)
  })

  it('gives away copies', async () => {
    const source = await open()
    ;(await source.read(0, 5)).fill(0)
    expect([...(await source.read(0, 5))]).toEqual([...content])
  })
})

describe('folderSources', () => {
  it('lists the files directly inside, links included', async () => {
    const model = join(folder, 'model')
    await mkdir(join(model, 'nested'), { recursive: true })
    await writeFile(join(model, 'b'), content)
    await symlink(join(folder, 'data'), join(model, 'a'))
    await symlink(join(folder, 'nowhere'), join(model, 'dangling'))
    expect((await folderSources(model)).map(({ name, size }) => [name, size])).toEqual([
      ['a', 5],
      ['b', 5],
    ])
  })

  it('takes one file for itself', async () => {
    expect((await folderSources(join(folder, 'data'))).map(({ name }) => name)).toEqual(['data'])
  })

  it('says what is not there', async () => {
    await expect(folderSources(join(folder, 'nowhere'))).rejects.toThrow(/nowhere: expected .* got 'ENOENT'/)
  })
})

describe('fileSource', () => {
  it('notices a file that shrank', async () => {
    const path = join(folder, 'shrinking')
    await writeFile(path, content)
    const source = await fileSource(path)
    await truncate(path, 2)
    await expect(source.read(0, 5)).rejects.toThrow(/shrank/)
  })
})

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CancelledError, StorageError } from '../src/errors'
import { scratch } from '../test/cli'
import { prepareOutput, writeFile, writeFolder } from './output'

const folder = scratch()
const inside = (name: string) => join(folder, name)
const bytes = (text: string) => new TextEncoder().encode(text)

/** Chunks, then what happens. */
async function* chunks(texts: string[], then?: () => void): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytes(text)
  then?.()
}
const fail = () => {
  throw new Error('the source broke')
}

describe('writeFile', () => {
  it('puts the chunks one after another and counts them', async () => {
    expect(await writeFile(inside('a'), chunks(['one ', 'two']), undefined)).toBe(7)
    expect(readFileSync(inside('a'), 'utf8')).toBe('one two')
  })

  it('leaves nothing new, and what was there untouched, when its source breaks', async () => {
    writeFileSync(inside('mine'), 'mine')
    const before = readdirSync(folder)
    await expect(writeFile(inside('mine'), chunks(['x'], fail), undefined)).rejects.toThrow('the source broke')
    await expect(writeFile(inside('new'), chunks(['x'], fail), undefined)).rejects.toThrow('the source broke')
    expect(readdirSync(folder)).toEqual(before)
    expect(readFileSync(inside('mine'), 'utf8')).toBe('mine')
  })

  it('stops at the next chunk when asked to, and leaves nothing', async () => {
    const stop = new AbortController()
    const before = readdirSync(folder)
    const source = async function* () {
      yield bytes('x')
      stop.abort()
      yield bytes('y')
    }
    await expect(writeFile(inside('new'), source(), stop.signal)).rejects.toThrow(CancelledError)
    expect(readdirSync(folder)).toEqual(before)
  })

  it('says what the file system says, with a remedy', async () => {
    const written = writeFile(inside('none/x'), chunks(['x']), undefined)
    await expect(written).rejects.toThrow(StorageError)
    await expect(written).rejects.toThrow(/expected to write '.*none.x', got 'ENOENT' — choose another place/)
  })
})

describe('writeFolder', () => {
  const file = (name: string, source: AsyncIterable<Uint8Array>) => ({ name, size: 0, chunks: source })

  it('holds every file', async () => {
    const files = [file('a', chunks(['1'])), file('b', chunks(['2', '3']))]
    expect(await writeFolder(inside('whole'), files, undefined)).toBe(3)
    expect(readdirSync(inside('whole'))).toEqual(['a', 'b'])
  })

  it('is not there at all when one of its files fails', async () => {
    const before = readdirSync(folder)
    const files = [file('a', chunks(['1'])), file('b', chunks(['2'], fail))]
    await expect(writeFolder(inside('half'), files, undefined)).rejects.toThrow('the source broke')
    expect(readdirSync(folder)).toEqual(before)
  })
})

describe('prepareOutput', () => {
  it('makes the folders above, not the output', async () => {
    await prepareOutput(inside('deep/er/x'), '')
    expect(readdirSync(inside('deep'))).toEqual(['er'])
    expect(readdirSync(inside('deep/er'))).toEqual([])
  })

  it('refuses what exists: a file unless it may be replaced, a folder always', async () => {
    writeFileSync(inside('there'), 'mine')
    await expect(prepareOutput(inside('there'), 'use --force')).rejects.toThrow(/which exists — use --force/)
    await expect(prepareOutput(inside('there'), '', true)).resolves.toBeUndefined()
    await expect(prepareOutput(folder, '', true)).rejects.toThrow(StorageError)
    expect(readFileSync(inside('there'), 'utf8')).toBe('mine')
  })
})

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nanoWith, runHere, scratch } from '../test/cli'
import { diskStore } from './disk-store'
import { writeFile, writeFolder } from './output'

const folder = scratch()
const ESCAPE = '\x1b[2J\x1b]0;mine\x07\x9b31m\u202e'
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

describe('a terminal gets no controls out of files', () => {
  const config = (architecture: string) => JSON.stringify({ architectures: [architecture] })
  it.each([
    ['a config', () => ['export', nanoWith(folder, { 'config.json': config(ESCAPE) })]],
    ['a name of a folder', () => ['export', join(folder, ESCAPE)]],
    [
      'a tokenizer',
      () => ['export', nanoWith(folder, { 'tokenizer.json': JSON.stringify({ model: { type: ESCAPE } }) })],
    ],
    ['an argument', () => [ESCAPE]],
    [
      'a recipe',
      () => {
        const path = join(folder, 'recipe.json')
        writeFileSync(path, JSON.stringify({ [ESCAPE]: ESCAPE }))
        return ['quantize', 'x', '--recipe', path]
      },
    ],
  ])('of %s', async (_, args) => {
    const { code, stdout, stderr } = await runHere(...args(), '--out', join(folder, 'out'))
    expect(code).not.toBe(0)
    expect(stdout + stderr).not.toMatch(OBEYED)
  })

  it('but sees them', async () => {
    const { stderr } = await runHere('export', join(folder, ESCAPE), '--out', join(folder, 'out'))
    expect(stderr).toContain('\\u001b[2J\\u001b]0;mine\\u0007\\u009b31m\\u202e')
  })
})

describe('a link in the place of a file', () => {
  const linked = (name: string) => {
    const target = join(folder, `${name}-target`)
    writeFileSync(target, 'mine')
    mkdirSync(join(folder, 'there'), { recursive: true })
    symlinkSync(target, join(folder, 'there', name))
    return { path: join(folder, 'there', name), target: () => readFileSync(target, 'utf8') }
  }

  it('is replaced by an output, and what it points to stays', async () => {
    const { path, target } = linked('output')
    await writeFile(path, chunks('new'), undefined)
    expect([target(), readFileSync(path, 'utf8')]).toEqual(['mine', 'new'])
  })

  it('is not written through by a download or a run', async () => {
    const { target } = linked('kept')
    await expect(diskStore(folder).append('there', 'kept')).rejects.toThrow("got 'ELOOP'")
    expect(target()).toBe('mine')
  })

  it('is not reached by names in a folder that leave it', async () => {
    const file = (name: string) => ({ name, size: 3, chunks: chunks('new') })
    for (const name of ['../escaped', '/tmp/escaped', 'a/b', '..', 'nul', 'a\0b'])
      await expect(writeFolder(join(folder, 'made'), [file(name)], undefined)).rejects.toThrow('bug in Bitloom')
  })
})

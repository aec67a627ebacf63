import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isStale, run } from './project.mjs'

describe('isStale', () => {
  let folder
  const at = (name) => join(folder, name)
  const put = (name, seconds) => {
    writeFileSync(at(name), '')
    utimesSync(at(name), seconds, seconds)
  }
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitloom-stale-'))
    mkdirSync(at('src/deep'), { recursive: true })
    put('out', 200)
    put('src/deep/a.ts', 100)
    put('src/deep/a.test.ts', 900)
    for (const path of ['src/deep', 'src']) utimesSync(at(path), 100, 100)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is false while everything it is made from is older; tests and absent files do not count', () => {
    expect(isStale(at('out'), [at('src'), at('absent')])).toBe(false)
  })
  it('is true without an output', () => expect(isStale(at('none'), [])).toBe(true))
  it('is true when a file deep inside is newer', () => {
    put('src/deep/b.ts', 300)
    expect(isStale(at('out'), [at('src')])).toBe(true)
  })
  it('is true when a file was deleted', () => {
    rmSync(at('src/deep/b.ts'))
    expect(isStale(at('out'), [at('src')])).toBe(true)
  })
})

describe('run', () => {
  it('resolves to the exit code of the program', async () => {
    expect(await run(process.execPath, ['-e', 'process.exit(7)'])).toBe(7)
  })
  it('passes variables on', async () => {
    const env = { BITLOOM_TEST: '5' }
    expect(await run(process.execPath, ['-e', 'process.exit(Number(process.env.BITLOOM_TEST))'], { env })).toBe(5)
  })
  it('names the signal that ended it', async () => {
    expect(await run(process.execPath, ['-e', "process.kill(process.pid, 'SIGTERM')"])).toBe(143)
  })
})

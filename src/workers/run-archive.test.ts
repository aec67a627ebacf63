import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { archivedRun, measuredAs } from '../../test/archived-runs'
import { FormatError, StorageError } from '../errors'
import { memoryStore } from '../storage/memory-store'
import type { FileStore } from '../storage/store'
import { RunArchive } from './run-archive'

/** A store that tells which files were read. */
function watched() {
  const store = memoryStore()
  const read: string[] = []
  const watching: FileStore = {
    ...store,
    source: (folder, name) => {
      read.push(name)
      return store.source(folder, name)
    },
  }
  return { store, watching, read }
}

const fileOf = async (store: FileStore, id: string) =>
  (await store.files('runs')).map(({ name }) => name).find((name) => name.startsWith(id) && name.endsWith('.json'))!

async function overwrite(store: FileStore, name: string, text: string): Promise<void> {
  const file = await store.append('runs', name)
  await file.empty()
  await file.write(new TextEncoder().encode(text))
  await file.close()
}

describe('the archive of runs', () => {
  it('keeps a run whole, NaN and all, and numbers it', async () => {
    const archive = new RunArchive({ store: memoryStore() })
    expect((await archive.add(archivedRun(7))).number).toBe(1)
    expect((await archive.add(archivedRun(8, { tags: ['a'] }))).number).toBe(2)
    const { runs } = await archive.list()
    expect(runs.map(({ id, number }) => [id, number])).toEqual([
      ['00000008', 2],
      ['00000007', 1],
    ])
    const expected = archivedRun(7)
    expect(await archive.read('00000007')).toEqual({ ...expected, head: { ...expected.head, number: 1 } })
  })

  it('lists the same from its index as from its files', async () => {
    const store = memoryStore()
    await new RunArchive({ store }).add(archivedRun(1, { error: null }, measuredAs(Number.POSITIVE_INFINITY)))
    const { runs } = await new RunArchive({ store }).list()
    expect(runs[0]!.scores).toMatchObject([{ perplexity: null, low: null, original: 50 }])
    await store.remove('runs', 'index.json')
    expect((await new RunArchive({ store }).list()).runs).toEqual(runs)
    const { after } = (await new RunArchive({ store }).read('00000001')).body.measured.perplexities[0]!
    expect(after?.perplexity).toBe(Number.POSITIVE_INFINITY)
  })

  it('gives no number twice', async () => {
    const store = memoryStore()
    const archive = new RunArchive({ store })
    await archive.add(archivedRun(1))
    await archive.remove(['00000001'])
    expect((await new RunArchive({ store }).add(archivedRun(2))).number).toBe(2)
  })

  it('lists many runs from one file', async () => {
    const { store, watching, read } = watched()
    const archive = new RunArchive({ store: watching })
    const file = await new RunArchive({ store: await filled(150) }).exportRuns(
      Array.from({ length: 150 }, (_, n) => String(n).padStart(8, '0')),
    )
    expect(await archive.importRuns(file)).toEqual({ added: 150, known: 0, refused: 0, reason: null })
    read.length = 0
    expect((await new RunArchive({ store: watching }).list()).runs).toHaveLength(150)
    expect(read).toEqual(['index.json'])
    // what the index does not know is read, and nothing else
    await store.remove('runs', 'index.json')
    expect((await new RunArchive({ store: watching }).list()).runs).toHaveLength(150)
    read.length = 0
    await new RunArchive({ store }).change('00000004', { remarks: { note: 'n' } })
    await new RunArchive({ store: watching }).list()
    expect(read).toEqual(['index.json'])
  })

  it('keeps nothing that it could not read again', async () => {
    const archive = new RunArchive({ store: memoryStore() })
    await expect(archive.add(archivedRun(1, { note: 'x'.repeat(20_001) }))).rejects.toThrow(/head\.note/)
    expect(await archive.list()).toEqual({ runs: [], damaged: { count: 0, bytes: 0 } })
  })

  it('adds measurements and remarks, and says what they come to', async () => {
    const store = memoryStore()
    const archive = new RunArchive({ store, now: () => 9e9 })
    await archive.add(archivedRun(1))
    await archive.change('00000001', { measured: measuredAs(61) })
    const head = await archive.change('00000001', { measured: measuredAs(60), remarks: { tags: ['best'] } })
    expect(head).toMatchObject({ tags: ['best'], changed: 9e9 })
    expect(head!.scores).toMatchObject([{ text: 'union', maxTokens: 512, perplexity: 60, low: 58, original: 50 }])
    expect((await archive.read('00000001')).body.measured.perplexities).toHaveLength(1)
    expect(await archive.change('00000002', { remarks: { note: 'gone' } })).toBeNull()
    expect((await store.files('runs')).filter(({ name }) => name.startsWith('00000001'))).toHaveLength(1)
  })

  it('removes runs with their results, and tells what was freed', async () => {
    const forgotten: string[] = []
    const forget = async (folder: string) => forgotten.push(folder) * 1000
    const archive = new RunArchive({ store: memoryStore(), forget })
    const one = await archive.add(archivedRun(1, { result: { folder: 'f-0', bytes: 1000, kept: true } }))
    await archive.add(archivedRun(2))
    expect(await archive.remove(['00000001', 'nobody'])).toBe(one.bytes + 1000)
    expect(forgotten).toEqual(['f-0'])
    expect((await archive.list()).runs.map(({ id }) => id)).toEqual(['00000002'])
  })

  it('drops a result and keeps its run', async () => {
    const forget = async () => 1000
    const archive = new RunArchive({ store: memoryStore(), forget })
    await archive.add(archivedRun(1, { result: { folder: 'f-0', bytes: 1000, kept: true }, note: 'n' }))
    expect(await archive.dropResults(['00000001', '00000002'])).toBe(1000)
    expect((await archive.list()).runs).toMatchObject([{ result: null, note: 'n' }])
    expect(await archive.dropResults(['00000001'])).toBe(0)
  })

  it('sets what is damaged aside and goes on with the rest', async () => {
    const store = memoryStore()
    const archive = new RunArchive({ store })
    for (const n of [1, 2, 3]) await archive.add(archivedRun(n))
    await overwrite(store, await fileOf(store, '00000001'), '{"version":1')
    const { runs, damaged } = await archive.list()
    expect(runs.map(({ number }) => number)).toEqual([3, 2])
    expect(damaged).toEqual({ count: 1, bytes: 12 })

    // of the same size, so that only a reader notices
    const name = await fileOf(store, '00000002')
    const { size } = (await store.files('runs')).find((file) => file.name === name)!
    await overwrite(store, name, 'x'.repeat(size))
    await expect(archive.read('00000002')).rejects.toThrow(StorageError)
    expect((await archive.list()).runs.map(({ number }) => number)).toEqual([3])
    expect(await archive.removeDamaged()).toBe(12 + size)
    expect((await archive.list()).damaged.count).toBe(0)
  })

  it('survives an index of any text, and changes that were broken off', async () => {
    const store = memoryStore()
    const archive = new RunArchive({ store })
    await archive.add(archivedRun(1))
    const before = await fileOf(store, '00000001')
    const old = await (await store.source('runs', before))!.read(0, (await archive.list()).runs[0]!.bytes)
    await archive.change('00000001', { remarks: { note: 'later' } })
    // the new file was there, the old one not yet removed
    await overwrite(store, before, new TextDecoder().decode(old))
    await overwrite(store, '00000005.part', 'half')
    for (const index of ['', '{', '[]', '{"version":1,"next":0,"runs":[]}', '{"version":1,"next":3,"runs":[{}]}']) {
      await overwrite(store, 'index.json', index)
      expect((await new RunArchive({ store }).list()).runs.map(({ note }) => note)).toEqual(['later'])
    }
    expect((await store.files('runs')).map(({ name }) => name)).toHaveLength(2)
  })

  it('takes turns, so that two changes at once are both there', async () => {
    const archive = new RunArchive({ store: memoryStore() })
    await archive.add(archivedRun(1))
    await Promise.all([
      archive.change('00000001', { remarks: { note: 'n' } }),
      archive.change('00000001', { remarks: { tags: ['t'] } }),
      archive.add(archivedRun(2)),
    ])
    expect((await archive.list()).runs).toMatchObject([
      { id: '00000002', number: 2 },
      { note: 'n', tags: ['t'] },
    ])
  })
})

async function filled(count: number): Promise<FileStore> {
  const store = memoryStore()
  const archive = new RunArchive({ store })
  const runs = Array.from({ length: count }, (_, n) => archivedRun(n))
  await archive.importRuns(new Blob([JSON.stringify({ format: 'bitloom-runs', version: 1, runs: plain(runs) })]))
  return store
}

/** NaN by name, as a file has it. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part) => (Number.isNaN(part) ? 'NaN' : part)))

describe('a file of runs', () => {
  const read = (text: string) => new RunArchive({ store: memoryStore() }).importRuns(new Blob([text]))

  it('brings runs to another browser, each once and without its result', async () => {
    const here = new RunArchive({ store: memoryStore() })
    await here.add(archivedRun(1, { result: { folder: 'f-0', bytes: 9, kept: true }, tags: ['x'] }, measuredAs(60)))
    await here.add(archivedRun(2))
    const file = await here.exportRuns(['00000001', '00000002'])
    const there = new RunArchive({ store: memoryStore() })
    await there.add(archivedRun(2, { note: 'mine' }))
    expect(await there.importRuns(file)).toEqual({ added: 1, known: 1, refused: 0, reason: null })
    expect((await there.list()).runs).toMatchObject([
      { id: '00000001', number: 2, tags: ['x'], result: null, scores: [{ perplexity: 60 }] },
      { id: '00000002', number: 1, note: 'mine' },
    ])
  })

  it('refuses what is none, with the field', async () => {
    await expect(read('no')).rejects.toThrow(FormatError)
    await expect(read('{"format":"other","version":1,"runs":[]}')).rejects.toThrow(/another format/)
    await expect(read('{"format":"bitloom-runs","version":2,"runs":[]}')).rejects.toThrow(/another version/)
    const runs = plain([archivedRun(1), { ...archivedRun(2), head: { ...archivedRun(2).head, tags: [''] } }, null])
    const told = await read(JSON.stringify({ format: 'bitloom-runs', version: 1, runs }))
    expect(told).toMatchObject({ added: 1, refused: 2, reason: expect.stringMatching(/^head\.tags\.0: /) })
  })

  it('refuses what would take a map or a table beyond bounds', async () => {
    const run = archivedRun(1)
    const module = run.body.modules[0]!
    const modules = Array.from({ length: 1000 }, (_, layer) => ({ ...module, layer, role: `r${layer}` }))
    const options = { text: 'x'.repeat(50_001) }
    const many = { ...run, body: { ...run.body, modules } }
    const runs = plain([many, archivedRun(2, { recipe: { options } })])
    expect(await read(JSON.stringify({ format: 'bitloom-runs', version: 1, runs }))).toMatchObject({
      ...{ added: 0, refused: 2, reason: 'body.modules: expected fewer roles or layers' },
    })
  })

  it('shows what was measured, whatever the head says', async () => {
    const archive = new RunArchive({ store: memoryStore() })
    const run = archivedRun(1, { scores: [] }, measuredAs(60))
    await archive.importRuns(new Blob([JSON.stringify({ format: 'bitloom-runs', version: 1, runs: plain([run]) })]))
    expect((await archive.list()).runs[0]!.scores).toHaveLength(1)
  })

  it('never crashes on mutated files', async () => {
    const text = JSON.stringify({
      format: 'bitloom-runs',
      version: 1,
      runs: plain([archivedRun(1, {}, measuredAs(60))]),
    })
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.string({ maxLength: 4 }), fc.nat(8), async (at, put, cut) => {
        const error = await read(text.slice(0, at) + put + text.slice(at + cut)).catch((reason) => reason)
        if (error instanceof Error) expect(error).toBeInstanceOf(FormatError)
      }),
      { numRuns: 200 },
    )
  })
})

import { createHash } from 'node:crypto'
import { afterEach, expect, it, vi } from 'vitest'
import { archivedRun, measuredAs } from '../../test/archived-runs'
import type { FakeOptions } from '../../test/fake-engine'
import { fakeStudio, savedFiles } from '../../test/studio'
import { StorageError } from '../errors'
import { memoryStore } from '../storage/memory-store'
import type { ArchiveApi } from '../workers/archive-api'
import { RunArchive } from '../workers/run-archive'
import type { BrowserHost } from './context'

afterEach(() => void vi.useRealTimers())

/** A browser whose tabs share one archive. */
function browser(options: Partial<ConstructorParameters<typeof RunArchive>[0]> = {}) {
  const listeners: (() => void)[] = []
  const settings = new Map<string, string>()
  const archive = new RunArchive({
    store: memoryStore(),
    onChange: () => {
      for (const tell of listeners) tell()
    },
    ...options,
  })
  const host: { -readonly [K in keyof BrowserHost]: BrowserHost[K] } = {
    name: 'Chrome 141, Linux',
    room: async () => ({ usage: 10, quota: 1000, persisted: settings.has('persisted') }),
    persist: async () => settings.set('persisted', '') !== undefined,
    recall: (key) => settings.get(key) ?? null,
    remember: (key, value) => void settings.set(key, value),
    onArchiveChange: (listen) => void listeners.push(listen),
  }
  return { archive, host }
}

async function tab({ archive, host }: { archive: ArchiveApi; host: BrowserHost }, options: FakeOptions = {}) {
  const { saved, save } = savedFiles()
  const studio = fakeStudio(
    { ...options, archive },
    {
      fetchText: async (path) =>
        path.endsWith('.json')
          ? JSON.stringify({ texts: [{ name: 'moby-dick', title: 'M', file: 'm.txt', use: 'calibration' }] })
          : 'x',
      now: () => 1000,
      clock: { openedAt: 0, now: () => 1000 },
      save,
      browser: host,
    },
  )
  await studio.boot()
  return { studio, saved, state: studio.store.getState, runs: () => studio.store.getState().archive.runs }
}

async function quantized(shared: ReturnType<typeof browser>) {
  const one = await tab(shared)
  await one.studio.openBundled('wren-nano')
  one.studio.chooseMethod('rtn')
  await one.studio.run()
  return one
}

it('keeps every finished run, with where and what of, in all tabs', async () => {
  const shared = browser()
  const other = await tab(shared)
  const { studio, state, runs } = await quantized(shared)
  expect(runs()).toMatchObject([
    {
      ...{ number: 1, made: 1000, browser: 'Chrome 141, Linux', seconds: 9.1, recipe: { method: 'rtn' } },
      model: { name: 'wren-nano', digest: 'fake' },
      home: { from: 'page', name: 'wren-nano' },
      result: { folder: 'fake-0', bytes: 1000, kept: false },
    },
  ])
  expect(state().result?.run).toBe(1)
  const record = await studio.readRun(runs()[0]!.id)
  expect(record?.body.modules).toHaveLength(21)
  expect(JSON.stringify(record).length).toBeLessThan(20_000)
  await expect.poll(() => other.runs()).toEqual(runs())
  await studio.run()
  expect(runs().map(({ number }) => number)).toEqual([2, 1])
  expect((await tab(shared)).runs()).toEqual(runs())
})

it('writes what is measured into the record, and shows it again with the result', async () => {
  const shared = browser()
  const { studio, state, runs } = await quantized(shared)
  studio.store.setState({ catalog: { models: [], texts: [] } })
  await studio.addText(new File(['words'], 'own.txt'))
  await studio.measure('own.txt', { protocol: 'windows:64', maxTokens: 512, stored: false })
  await expect
    .poll(() => runs()[0]!.scores)
    .toMatchObject([{ text: 'own.txt', perplexity: 62.9441, original: 61.2034 }])

  expect((await studio.readRun(runs()[0]!.id))?.body.measured.texts).toEqual({
    'own.txt': createHash('sha256').update('words').digest('hex'),
  })

  await studio.keepResult(runs()[0]!.id, true)
  expect(runs()[0]!.result?.kept).toBe(true)
  studio.setOption('bits', 2)
  await studio.run()
  const first = runs()[1]!
  expect(await studio.reopenResult(first.id)).toBe(true)
  expect(state().result).toMatchObject({ run: 1, alive: true, report: { seconds: { total: 9.1, quantize: 5 } } })
  expect(state().recipe).toEqual(first.recipe)
  expect(state().measurements.filter(({ run }) => run === 1)).toHaveLength(1)
  expect(state().runs.map(({ run }) => run)).toEqual([2, 1])
})

it('opens the result of a closed tab, its model with it', async () => {
  const shared = browser()
  await quantized(shared)
  const { studio, state, runs } = await tab(shared)
  await studio.rerun(runs()[0]!.id)
  await studio.run()
  expect(await studio.reopenResult(runs()[1]!.id)).toBe(true)
  expect(state().model?.inspection.name).toBe('wren-nano')
  expect(state().run?.status).toBe('done')

  const mine = archivedRun(9, { home: { from: 'files', names: ['mine.safetensors'] } })
  const { id } = await shared.archive.add({
    ...mine,
    head: { ...mine.head, model: { ...mine.head.model, name: 'mine' } },
  })
  await expect.poll(() => runs()[0]!.id).toBe(id)
  expect(await studio.rerun(id)).toBe(false)
  expect(state().failures.runs?.message).toMatch(/mine: expected the files \(mine.safetensors\)/)
})

it('keeps what is chosen while it lists anew', async () => {
  const shared = browser()
  await shared.archive.add(archivedRun(1))
  const waiting: (() => void)[] = []
  const room = () => new Promise<null>((told) => waiting.push(() => told(null)))
  const { studio, state } = await tab(shared)
  shared.host.room = room
  const listing = studio.removeDamaged()
  await shared.archive.list()
  await expect.poll(() => waiting.length).toBeGreaterThan(0)
  studio.showRun('00000001')
  studio.markRuns(['00000001'])
  shared.host.room = async () => null
  for (const tell of waiting) tell()
  await listing
  expect(state().archive).toMatchObject({ shown: '00000001', marked: ['00000001'] })
})

it('takes a recipe up again with one value changed', async () => {
  const { studio, state, runs } = await quantized(browser())
  const { id, recipe } = runs()[0]!
  await studio.rerun(id, { key: 'bits', value: 3 })
  expect(state().recipe).toEqual({ ...recipe, options: { ...recipe.options, bits: 3 } })
  await studio.rerun(id, { key: 'seed', value: 7 })
  expect(state().recipe).toEqual({ ...recipe, seed: 7 })
  await studio.rerun(id, { key: 'samples', value: 4 })
  expect(state().recipe?.calibration.samples).toBe(4)
})

it('takes up a recipe of an older page with the defaults of what it lacks', async () => {
  const shared = browser()
  const { studio, state } = await tab(shared)
  await shared.archive.add(archivedRun(1, { recipe: { options: { bits: 3 } } }))
  await expect.poll(() => state().archive.runs).toHaveLength(1)
  expect(await studio.rerun('00000001')).toBe(true)
  expect(state().recipe?.options).toMatchObject({ bits: 3, groupSize: 128, damping: 0.01 })
})

it('removes late, so that it can be undone, and tells what was freed', async () => {
  const shared = browser({ forget: async () => 500 })
  const { studio, state, runs } = await tab(shared)
  for (const n of [1, 2, 3])
    await shared.archive.add(archivedRun(n, { result: { folder: `f-${n}`, bytes: 500, kept: true } }))
  await expect.poll(() => runs().length).toBe(3)
  studio.markRuns(runs().map(({ id }) => id))
  vi.useFakeTimers()
  await studio.removeRuns('runs', ['00000001', '00000002'])
  expect(runs().map(({ id }) => id)).toEqual(['00000003'])
  expect(state().archive.marked).toEqual(['00000003'])
  expect((await shared.archive.list()).runs).toHaveLength(3)
  await studio.undoing.undo()
  expect(runs()).toHaveLength(3)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(runs()).toHaveLength(3)

  await studio.removeRuns('runs', ['00000001'])
  await vi.advanceTimersByTimeAsync(9000)
  studio.undoing.hold()
  await vi.advanceTimersByTimeAsync(60_000)
  expect((await shared.archive.list()).runs).toHaveLength(3)
  studio.undoing.resume()
  const { bytes } = (await shared.archive.list()).runs[2]!
  await vi.advanceTimersByTimeAsync(12_000)
  vi.useRealTimers()
  await expect.poll(() => state().archive.freed).toBe(bytes + 500)
  expect(state().removed).toBeNull()
  expect((await shared.archive.list()).runs).toHaveLength(2)

  // another removal makes the one before it final
  await studio.removeRuns('results', ['00000002'])
  expect(runs()[1]!.result).toBeNull()
  await studio.removeRuns('runs', ['00000003'])
  expect((await shared.archive.list()).runs[1]!.result).toBeNull()
})

it('hands runs on in one file', async () => {
  const here = browser()
  const { studio, saved, runs } = await tab(here)
  for (const n of [1, 2]) await here.archive.add(archivedRun(n, { tags: [`t${n}`] }, measuredAs(60 + n)))
  await expect.poll(() => runs().length).toBe(2)
  await studio.exportRuns([runs()[0]!.id])
  await studio.exportRuns(runs().map(({ id }) => id))
  expect(saved.map(({ name }) => name)).toEqual(['wren-nano-run-2.json', 'bitloom-2-runs.json'])
  const there = await tab(browser())
  await there.studio.importRuns(saved.map(({ name, text }) => new File([text], name)))
  expect(there.state().archive.imported).toEqual({ added: 2, known: 1, refused: 0, reason: null })
  expect(there.runs()).toMatchObject([{ tags: ['t1'] }, { tags: ['t2'], scores: [{ perplexity: 62 }] }])
  await there.studio.importRuns([new File(['{}'], 'x.json')])
  expect(there.state().failures.runs?.message).toMatch(/expected runs/)
})

it('keeps runs in memory where the browser keeps nothing, and says when there is no room', async () => {
  const nothing = async () => {
    throw new DOMException('denied', 'SecurityError')
  }
  const shared = browser()
  const closed = { ...shared, archive: { ...shared.archive, list: nothing } as unknown as RunArchive }
  const { state, runs } = await quantized(closed)
  expect(state().archive.status).toBe('memory')
  expect(runs()).toHaveLength(1)

  const full = browser({ store: memoryStore(() => 100) })
  const one = await quantized(full)
  expect(one.state().failures.runs?.message).toMatch(/expected room/)
  expect(one.state().result?.run).toBe(1)
  expect(one.state().run?.status).toBe('done')
})

it('asks once for storage that lasts, and remembers what results are kept', async () => {
  const shared = browser()
  const { studio, state } = await tab(shared)
  expect(state().archive).toMatchObject({ askedToPersist: false, keepsResults: false, room: { persisted: false } })
  await studio.askToPersist(true)
  studio.keepResults(true)
  const later = await quantized(shared)
  expect(later.state().archive).toMatchObject({ askedToPersist: true, keepsResults: true, room: { persisted: true } })
  expect(later.runs()[0]!.result?.kept).toBe(true)
})

it('says that a record is damaged, and goes on with the others', async () => {
  const { archive, host } = browser()
  await archive.add(archivedRun(1))
  const read = async () => {
    throw new StorageError('kept run: expected its record as it was written, got another file — it was set aside')
  }
  const { studio, state } = await tab({ archive: { ...archive, read } as unknown as ArchiveApi, host })
  expect(await studio.readRun('00000001')).toBeNull()
  expect(state().failures.runs?.message).toMatch(/set aside/)
})

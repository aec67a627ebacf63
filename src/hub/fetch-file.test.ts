import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bytes, fetchAll, hub, plain, reason, root, store, stored, weights } from '../../test/hub-repo'
import { sha256 } from '../../test/hub-server'
import { CancelledError, NetworkError, StorageError } from '../errors'
import { cachedFiles, cachedModels, type FetchProgress, folderOf } from './cache'

describe('a download', () => {
  it('is offered when all of it was checked, and opens without a connection', async () => {
    const progress: FetchProgress[] = []
    const folder = await fetchAll('org/name', {}, (step) => progress.push(step))
    expect(stored(folder, 'model.safetensors')).toBe(sha256(weights))
    expect(readdirSync(join(root, folder)).sort()).toEqual([
      'bitloom-hub.json',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ])
    const total = progress[0]!.total
    expect(progress.at(-1)).toEqual({ file: 'model.safetensors', done: total, total, note: null })
    expect(progress.every(({ done }, i) => i === 0 || done >= progress[i - 1]!.done)).toBe(true)

    hub.seen.length = 0
    expect((await cachedFiles(store, folder)).map(({ name, size }) => [name, size])).toContainEqual([
      'model.safetensors',
      300_000,
    ])
    expect(hub.seen).toEqual([])
    expect(await cachedModels(store)).toMatchObject([
      { folder, repo: 'org/name', revision: 'main', commit: 'a'.repeat(40), complete: true, total },
    ])

    await fetchAll('org/name')
    expect(hub.seen.filter(({ path }) => path.includes('/resolve/') || path.includes('Signature'))).toEqual([])
  })

  it('that was cut is kept aside and goes on by a range', async () => {
    hub.faults.set('org/name/model.safetensors', { cutAfter: 100_000 })
    const error = await reason(fetchAll('org/name'))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.message).toMatch(/check the connection and try again; what was fetched is kept/)
    const [model] = await cachedModels(store)
    expect(model).toMatchObject({ complete: false })
    await expect(cachedFiles(store, model!.folder)).rejects.toThrow(
      /expected a model that is here whole, got .* bytes of org\/name/,
    )
    const kept = readFileSync(join(root, model!.folder, 'model.safetensors.partial'))
    expect(kept.length).toBeGreaterThan(0)
    expect(sha256(kept)).toBe(sha256(weights.slice(0, kept.length)))

    hub.seen.length = 0
    const folder = await fetchAll('org/name')
    expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual([`bytes=${kept.length}-`])
    expect(stored(folder, 'model.safetensors')).toBe(sha256(weights))
    expect(readdirSync(join(root, folder)).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('tries a lost connection again by itself as often as it is told', async () => {
    hub.faults.set('org/name/model.safetensors', { cutAfter: 70_000, times: 3 })
    const folder = await fetchAll('org/name', { retries: [1, 1] })
    expect(stored(folder, 'model.safetensors')).toBe(sha256(weights))
    expect(hub.seen.filter(({ at }) => at === 'cdn').length).toBe(4)
    expect(hub.seen.filter(({ path }) => path.endsWith('/model.safetensors')).length).toBe(4)

    await store.remove(folder)
    hub.faults.set('org/name/model.safetensors', { cutAfter: 0, times: 3 })
    await expect(fetchAll('org/name', { retries: [1, 1] })).rejects.toThrow(/got none/)
    expect(hub.faults.size).toBe(0)
  })

  it('starts over, and says so, where ranges are not honoured', async () => {
    hub.faults.set('org/name/model.safetensors', { cutAfter: 100_000 })
    await reason(fetchAll('org/name'))
    hub.faults.set('org/name/model.safetensors', { ignoresRange: true })
    const notes: (string | null)[] = []
    const folder = await fetchAll('org/name', {}, ({ note }) => notes.push(note))
    expect(notes.filter(Boolean)).toEqual(['model.safetensors starts over: the server sends it only whole'])
    expect(stored(folder, 'model.safetensors')).toBe(sha256(weights))
  })

  it('starts over where the server has another file under the same name', async () => {
    hub.faults.set('org/name/model.safetensors', { cutAfter: 100_000 })
    await reason(fetchAll('org/name'))
    hub.faults.set('org/name/model.safetensors', { headers: { ETag: '"other"' } })
    const notes: (string | null)[] = []
    const folder = await fetchAll('org/name', {}, ({ note }) => notes.push(note))
    expect(notes.filter(Boolean)).toEqual(['model.safetensors starts over: it changed on the server'])
    expect(stored(folder, 'model.safetensors')).toBe(sha256(weights))
  })

  it('of a new commit keeps the files that are the same and fetches the others anew', async () => {
    await fetchAll('org/name')
    const changed = bytes(200_000, 5)
    hub.repos.set('org/name', { commit: 'b'.repeat(40), files: { ...plain(), 'model.safetensors': changed } })
    hub.seen.length = 0
    const folder = await fetchAll('org/name')
    expect(stored(folder, 'model.safetensors')).toBe(sha256(changed))
    expect(hub.seen.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path)).toEqual([
      `/org/name/resolve/${'b'.repeat(40)}/model.safetensors`,
    ])
    expect(await cachedModels(store)).toMatchObject([{ commit: 'b'.repeat(40), complete: true }])
  })

  it('that was cut under another commit does not go on with bytes of the old file', async () => {
    hub.faults.set('org/name/model.safetensors', { cutAfter: 100_000 })
    await reason(fetchAll('org/name'))
    const changed = bytes(250_000, 9)
    hub.repos.set('org/name', { commit: 'b'.repeat(40), files: { ...plain(), 'model.safetensors': changed } })
    expect(stored(await fetchAll('org/name'), 'model.safetensors')).toBe(sha256(changed))
  })

  it.each(['model.safetensors', 'config.json'])('with a damaged %s is thrown away', async (name) => {
    const right = hub.repos.get('org/name')!.files[name]!
    const damaged = right.slice()
    damaged[5]! ^= 1
    hub.faults.set(`org/name/${name}`, { body: damaged })
    const error = await reason(fetchAll('org/name'))
    expect(error.message).toMatch(/expected (SHA-256|git's hash) [0-9a-f]+, got [0-9a-f]+ — it was damaged/)
    const folder = folderOf({ repo: 'org/name', revision: 'main' }, { id: '' })
    expect(readdirSync(join(root, folder))).not.toContain(name)
    expect(readdirSync(join(root, folder))).not.toContain(`${name}.partial`)
    expect(stored(await fetchAll('org/name'), name)).toBe(sha256(right))
  })

  it('that is longer than promised is stopped', async () => {
    hub.faults.set('org/name/model.safetensors', { body: bytes(400_000) })
    await expect(fetchAll('org/name')).rejects.toThrow(/got more than 300000 bytes of model.safetensors/)
  })

  it('stops at once when asked to, and keeps what is there', async () => {
    const stop = new AbortController()
    hub.faults.set('org/name/model.safetensors', { slow: 20 })
    const work = fetchAll('org/name', { signal: stop.signal }, ({ file, done }) => {
      if (file === 'model.safetensors' && done > 100_000) stop.abort()
    })
    expect(await reason(work)).toBeInstanceOf(CancelledError)
    const [model] = await cachedModels(store)
    expect(model!.complete).toBe(false)
    expect(model!.bytes).toBeGreaterThan(100_000)
  })

  it('that stalls counts as cut', async () => {
    hub.faults.set('org/name/model.safetensors', { slow: 60_000 })
    const folder = await fetchAll('org/name', { patience: 100, retries: [1] })
    expect(stored(folder, 'model.safetensors')).toBe(sha256(weights))
    expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual([null, 'bytes=65536-'])
  })

  it('does not begin where there is no room', async () => {
    const full = { ...store, free: async () => 1000 }
    const error = await reason(fetchAll('org/name', {}, () => {}, full))
    expect(error).toBeInstanceOf(StorageError)
    expect(hub.seen.some(({ at }) => at === 'cdn')).toBe(false)
  })

  it('is cleared one by one', async () => {
    const folder = await fetchAll('org/name')
    await store.remove(folder)
    expect(await cachedModels(store)).toEqual([])
  })
})

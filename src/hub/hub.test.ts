import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listFiles } from '@huggingface/hub'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { diskStore } from '../../cli/hub-store'
import { sha256, startHub, type TestHub } from '../../test/hub-server'
import { CancelledError, FormatError, NetworkError, StorageError } from '../errors'
import { readAddress } from './address'
import { cachedFiles, cachedModels, type FetchProgress, fetchModel, folderOf } from './cache'
import { choicesOf, whyNot } from './choice'
import { HubClient, type HubOptions } from './client'
import { endpointAt } from './endpoint'
import { listRepo } from './listing'
import { remoteSource } from './remote'
import type { FileStore } from './store'

const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 7) * seed) & 255)
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const TOKEN = 'hf_secret_token'

const weights = bytes(300_000)
const plain = () => ({
  'config.json': text({ model_type: 'llama' }),
  'tokenizer.json': text({ version: '1.0' }),
  'model.safetensors': weights,
  'pytorch_model.bin': bytes(100),
  'README.md': text('read me'),
})

let hub: TestHub
let root: string
let store: FileStore
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.close())
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bitloom-hub-'))
  store = diskStore(root)
  hub.repos.clear()
  hub.faults.clear()
  hub.seen.length = 0
  hub.repos.set('org/name', { files: plain() })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const client = (options: HubOptions = {}) => new HubClient({ endpoint: endpointAt(hub.url), retries: [], ...options })

async function look(address: string, options: HubOptions = {}) {
  const connection = client(options)
  const { file, ...rest } = readAddress(address, hub.url)
  const listing = await listRepo(connection, { ...rest, file })
  return { connection, listing, choices: await choicesOf(connection, listing, file) }
}

async function fetchAll(address: string, options: HubOptions = {}, onProgress = (_: FetchProgress) => {}) {
  const { connection, listing, choices } = await look(address, options)
  return fetchModel(connection, store, listing, choices[0]!, onProgress)
}

/** Compared by hash: element by element takes seconds. */
const stored = (folder: string, name: string) => sha256(readFileSync(join(root, folder, name)))
const reason = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail('it went through'),
    (e) => e,
  )

describe('a listing', () => {
  it('is what the Hub’s own library reads from this server', async () => {
    const theirs = []
    for await (const { path, size, lfs } of listFiles({ repo: 'org/name', hubUrl: hub.url, recursive: true }))
      theirs.push({ path, size, sha256: lfs?.oid ?? null })
    const { listing } = await look('org/name')
    expect(listing.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }))).toEqual(theirs)
    expect(theirs).toHaveLength(5)
  })

  it('is read over all its pages', async () => {
    const many = Object.fromEntries(Array.from({ length: 2345 }, (_, i) => [`notes/${i}.txt`, bytes(3)]))
    hub.repos.set('org/name', { files: { ...plain(), ...many } })
    expect((await look('org/name')).listing.files).toHaveLength(2350)
  })

  it('of very many files is refused before it is read to its end', async () => {
    const nothing = new Uint8Array()
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`${i}.txt`, nothing]))
    hub.repos.set('org/name', { files: many })
    await expect(look('org/name')).rejects.toThrow(/expected the files of a model, got more than 10000/)
    expect(hub.seen.length).toBeLessThan(14)
  })

  it.each(['../x.safetensors', 'a\u0007.safetensors', 'a/../../b.gguf', 'x\\y.gguf'])(
    'with the name %j is refused',
    async (name) => {
      hub.repos.set('org/name', { files: { ...plain(), [name]: bytes(9) } })
      const error = await reason(look('org/name'))
      expect(error).toBeInstanceOf(FormatError)
      expect(error.message).toContain(JSON.stringify(name))
    },
  )

  it.each([
    ['no JSON', '<html>'],
    ['another shape', '{"files":[]}'],
    ['one name twice', '[{"type":"file","path":"a","size":1,"oid":""},{"type":"file","path":"a","size":2,"oid":""}]'],
    ['a negative size', '[{"type":"file","path":"a","size":-1,"oid":""}]'],
    ['a hash that is none', '[{"type":"file","path":"a","size":1,"oid":"","lfs":{"oid":"x","size":1}}]'],
  ])('that is %s is refused', async (_, body) => {
    hub.faults.set(`/api/models/org/name/tree/${'a'.repeat(40)}`, { body })
    await expect(look('org/name')).rejects.toThrow(/expected an answer as the Hub gives it, got/)
  })

  it('never follows the rest of a list to another host', async () => {
    const api = `/api/models/org/name/tree/${'a'.repeat(40)}`
    hub.faults.set(api, { status: 200, headers: { Link: `<${hub.cdn}/steal>; rel="next"` }, body: '[]' })
    await expect(look('org/name', { token: TOKEN })).rejects.toThrow(/expected the rest of the list at/)
    expect(hub.seen.filter(({ at }) => at === 'cdn')).toEqual([])
  })
})

describe('the choice', () => {
  it('is the checkpoint without pickles and readmes', async () => {
    const { choices, listing } = await look('org/name')
    expect(choices.map(({ id, kind }) => ({ id, kind }))).toEqual([{ id: '', kind: 'checkpoint' }])
    expect(choices[0]!.files.map(({ path }) => path)).toEqual(['config.json', 'tokenizer.json', 'model.safetensors'])
    expect(whyNot(listing.files.find(({ path }) => path.endsWith('.bin'))!)).toMatch(/pickle may run code/)
  })

  it('takes the shards that the index names', async () => {
    const index = { weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } }
    const shards = Object.fromEntries(Object.values(index.weight_map).map((name) => [name, bytes(10)]))
    const files = { ...shards, 'model.safetensors.index.json': text(index), 'consolidated.safetensors': bytes(20) }
    hub.repos.set('org/name', { files: { 'config.json': text({}), ...files } })
    const [choice] = (await look('org/name')).choices
    expect(choice!.files.map(({ path }) => path).sort()).toEqual([
      ...['config.json', ...Object.keys(shards), 'model.safetensors.index.json'],
    ])
    delete hub.repos.get('org/name')!.files['model-00002-of-00002.safetensors']
    await expect(look('org/name')).rejects.toThrow(/expected model-00002-of-00002.safetensors, which the index names/)
  })

  it('is one GGUF with all its parts, the smallest first', async () => {
    const files = {
      'm-Q8_0.gguf': bytes(90),
      'q4/m-00002-of-00002.gguf': bytes(20),
      'q4/m-00001-of-00002.gguf': bytes(30),
    }
    hub.repos.set('org/name', { files })
    const { choices } = await look('org/name')
    expect(choices.map(({ id, bytes: size }) => [id, size])).toEqual([
      ['q4/m-00001-of-00002.gguf', 50],
      ['m-Q8_0.gguf', 90],
    ])
    const named = await look('https://huggingface.co/org/name/blob/main/m-Q8_0.gguf')
    expect(named.choices.map(({ id }) => id)).toEqual(['m-Q8_0.gguf'])
  })

  it('says why there is none', async () => {
    hub.repos.set('org/name', { files: { 'pytorch_model.bin': bytes(9) } })
    await expect(look('org/name')).rejects.toThrow(/got only pickles such as pytorch_model.bin, which may run code/)
    const file = 'https://huggingface.co/org/name/resolve/main/pytorch_model.bin'
    await expect(look(file)).rejects.toThrow(/a pickle may run code/)
    hub.repos.set('org/name', { files: {} })
    await expect(look('org/name')).rejects.toThrow(/expected safetensors or GGUF files, got neither/)
  })

  it('reads headers by range, and stops reading where ranges are not honoured', async () => {
    const { connection, listing } = await look('org/name')
    const file = listing.files.find(({ path }) => path === 'model.safetensors')!
    const source = remoteSource(connection, listing, file)
    hub.seen.length = 0
    expect(await source.read(0, 8)).toEqual(weights.slice(0, 8))
    expect(await source.read(8, 1000)).toEqual(weights.slice(8, 1008))
    expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual(['bytes=0-65535'])
    hub.faults.set('org/name/model.safetensors', { ignoresRange: true })
    expect(await source.read(100_000, 7)).toEqual(weights.slice(100_000, 100_007))
    await expect(source.read(299_999, 2)).rejects.toThrow(FormatError)
  })
})

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
    store = { ...store, free: async () => 1000 }
    const error = await reason(fetchAll('org/name'))
    expect(error).toBeInstanceOf(StorageError)
    expect(hub.seen.some(({ at }) => at === 'cdn')).toBe(false)
  })

  it('is cleared one by one', async () => {
    const folder = await fetchAll('org/name')
    await store.remove(folder)
    expect(await cachedModels(store)).toEqual([])
  })
})

describe('a token', () => {
  it('opens a gated repository, and goes to the Hub’s own host only', async () => {
    hub.repos.set('org/name', { files: plain(), token: TOKEN, gated: true })
    await fetchAll('org/name', { token: `${TOKEN}\n` })
    expect(
      hub.seen.filter(({ at }) => at === 'hub').every(({ authorization }) => authorization === `Bearer ${TOKEN}`),
    ).toBe(true)
    const away = hub.seen.filter(({ at }) => at === 'cdn')
    expect(away.map(({ authorization }) => authorization)).toEqual([null])
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name)).includes(TOKEN)).toBe(false)
  })

  it.each([
    [
      'none for a gated one',
      { gated: true },
      null,
      /accept its licence at http.*\/org\/name, then give a token of that account/,
    ],
    [
      'one without the licence',
      { gated: true },
      'hf_other',
      /accept its licence at .*\/org\/name with the account of this token/,
    ],
    ['none for a private one', {}, null, /check the name; a private or gated repository needs a token/],
    ['a wrong one', {}, 'hf_other', /got 401 for this token — check the name, and the token at/],
  ])('that is %s is told what to do', async (_, repo, token, says) => {
    hub.repos.set('org/name', { files: plain(), token: TOKEN, ...repo })
    const error = await reason(look('org/name', { token }))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.message).toMatch(says)
    expect(error.message).not.toContain('hf_')
  })
})

describe('a refusal', () => {
  it.each([
    ['org/missing', {}, /got 401 — check the name/],
    ['org/missing', { token: TOKEN }, /got 404, nothing of that name — check the name/],
    ['org/name@nothing', {}, /got 404, no such revision — check the branch, tag or commit/],
  ])('of %s says what is missing', async (address, options, says) => {
    await expect(look(address, options)).rejects.toThrow(says)
  })

  it('for too many requests says when to come back', async () => {
    const api = '/api/models/org/name/revision/main'
    hub.faults.set(api, { status: 429, headers: { 'Retry-After': '17' } })
    await expect(look('org/name')).rejects.toThrow(/got 429, too many requests — try again in 17 s/)
    hub.faults.set(api, { status: 429, times: 2 })
    expect((await look('org/name', { retries: [1, 1] })).listing.files).toHaveLength(5)
    hub.faults.set(api, { status: 429, headers: { 'Retry-After': '3600' } })
    await expect(look('org/name', { retries: [1] })).rejects.toThrow(/try again in 3600 s/)
    hub.faults.set(api, { status: 429 })
    await expect(look('org/name')).rejects.toThrow(/try again in a few minutes/)
    hub.faults.set(api, { status: 503 })
    await expect(look('org/name')).rejects.toThrow(/got status 503 — the server has a fault/)
  })

  it('of a signed address does not tell the signature', async () => {
    hub.faults.set('org/name/model.safetensors', { status: 403 })
    const error = await reason(fetchAll('org/name'))
    expect(error.message).not.toContain('secret-signature')
  })

  it('by nobody at all is a lost connection', async () => {
    const offline = new HubClient({ endpoint: endpointAt('http://127.0.0.1:1'), retries: [] })
    const error = await reason(listRepo(offline, readAddress('org/name')))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.message).toMatch(/expected an answer of 127.0.0.1:1, got none .* — check the connection/)
  })
})

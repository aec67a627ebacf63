import { describe, expect, it } from 'vitest'
import { Keeper } from './keeper'
import type { Release } from './release'

const SCOPE = 'https://page.test/studio/'

/** As much of a browser's cache storage as is used here. */
function fakeCaches() {
  const stores = new Map<string, Map<string, Response>>()
  const open = async (name: string) => {
    const store = stores.get(name) ?? new Map<string, Response>()
    stores.set(name, store)
    return {
      match: async (url: string) => store.get(url)?.clone(),
      put: async (url: string, response: Response) => void store.set(url, response),
      keys: async () => [...store.keys()].map((url) => ({ url })),
      delete: async (url: string) => store.delete(url),
    }
  }
  const caches = {
    open,
    keys: async () => [...stores.keys()],
    delete: async (name: string) => stores.delete(name),
    match: async (url: string) =>
      [...stores.values()]
        .find((store) => store.has(url))
        ?.get(url)
        ?.clone(),
  }
  return { caches: caches as unknown as CacheStorage, stores }
}

/** A server of these files, and a browser that visits it. */
function visit(files: Record<string, string>) {
  const { caches, stores } = fakeCaches()
  const asked: string[] = []
  const server = { up: true }
  const fetch = async (address: string) => {
    asked.push(address.slice(SCOPE.length))
    if (!server.up) throw new TypeError('Failed to fetch')
    const text = files[address.slice(SCOPE.length)]
    return text === undefined ? new Response('', { status: 404 }) : new Response(text)
  }
  const keeper = (release: Release) => new Keeper(release, { caches, scope: SCOPE, fetch })
  return { keeper, asked, server, stores }
}

const release = (version: string, data: Record<string, string> = { 'models/a': 'h1', 'texts/t': 'h2' }): Release => ({
  version,
  shell: ['index.html', `assets/index-${version}.js`],
  data: Object.fromEntries(Object.entries(data).map(([path, hash]) => [path, { hash, bytes: 10 }])),
})
const FILES = {
  'index.html': '<1>',
  'assets/index-1.js': 'one',
  'assets/index-2.js': 'two',
  'models/a': 'weights',
  'texts/t': 'call me',
}

const ask = (path: string, mode: RequestMode = 'cors') => ({ url: SCOPE + path, method: 'GET', mode })
const textOf = async (answer: Promise<Response> | null) => (answer ? (await answer).text() : null)

describe('a keeper', () => {
  it('opens the studio without a server after it was installed', async () => {
    const { keeper, server } = visit(FILES)
    const first = keeper(release('1'))
    await first.install()
    server.up = false
    expect(await textOf(first.answer(ask('', 'navigate')))).toBe('<1>')
    expect(await textOf(first.answer(ask('?x=1#step-look', 'navigate')))).toBe('<1>')
    expect(await textOf(first.answer(ask('assets/index-1.js')))).toBe('one')
    await expect(first.answer(ask('models/a'))).rejects.toThrow('Failed to fetch')
  })

  it('leaves strangers, uploads and unknown files to the network', () => {
    const keeper = visit(FILES).keeper(release('1'))
    expect(keeper.answer({ url: 'https://huggingface.co/a', method: 'GET', mode: 'cors' })).toBeNull()
    expect(keeper.answer({ url: 'https://page.test/other/index.html', method: 'GET', mode: 'navigate' })).toBeNull()
    expect(keeper.answer({ ...ask('index.html'), method: 'POST' })).toBeNull()
    expect(keeper.answer(ask('mine.json'))).toBeNull()
    expect(keeper.answer(ask('other.html', 'navigate'))).toBeNull()
    expect(keeper.answer(ask('toString'))).toBeNull()
  })

  it('keeps models and texts that were fetched once, or all of them', async () => {
    const { keeper, server, asked } = visit(FILES)
    const it = keeper(release('1'))
    expect(await it.kept()).toEqual({ bytes: 0, total: 20 })
    expect(await textOf(it.answer(ask('models/a')))).toBe('weights')
    expect(await it.kept()).toEqual({ bytes: 10, total: 20 })
    const told: number[] = []
    expect(await it.keep(({ bytes }) => told.push(bytes))).toEqual({ bytes: 20, total: 20 })
    expect(told).toEqual([10, 20])
    expect(asked.filter((path) => path === 'models/a')).toHaveLength(1)
    server.up = false
    expect(await textOf(it.answer(ask('texts/t')))).toBe('call me')
    expect(await it.drop()).toEqual({ bytes: 0, total: 20 })
  })

  it('serves tabs of the release before, and fetches anew what has changed', async () => {
    const { keeper, server, stores } = visit(FILES)
    for (const version of ['0', '1'])
      await keeper(release(version))
        .install()
        .catch(() => {})
    const first = keeper(release('1'))
    await first.keep()
    const second = keeper(release('2', { 'models/a': 'h9', 'texts/t': 'h2' }))
    await second.install()
    await second.activate()
    server.up = false
    expect(await textOf(second.answer(ask('assets/index-1.js')))).toBe('one')
    expect(await textOf(second.answer(ask('assets/index-2.js')))).toBe('two')
    expect([...stores.keys()].sort()).toEqual(['bitloom-data', 'bitloom-shell-1', 'bitloom-shell-2'])
    expect([...stores.get('bitloom-data')!.keys()].sort()).toEqual([
      `${SCOPE}keep-all`,
      `${SCOPE}models/a?v=h9`,
      `${SCOPE}texts/t?v=h2`,
    ])
  })

  it('does not install a release of which a file is missing', async () => {
    const { keeper } = visit({ 'index.html': '<1>' })
    await expect(keeper(release('1')).install()).rejects.toThrow('assets/index-1.js: expected a file of this page')
  })
})

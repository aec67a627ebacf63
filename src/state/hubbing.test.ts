import { describe, expect, it, vi } from 'vitest'
import { type FakeOptions, fakeEngine } from '../../test/fake-engine'
import { fakeOffer } from '../../test/fake-hub'
import { studioOn, workerOf } from '../../test/studio'
import { NetworkError } from '../errors'

const TEXTS = [{ name: 'sotu', title: 'U', package: 'p', license: 'l', file: 's.txt', use: 'evaluation', bytes: 9 }]

async function studioWith(options: FakeOptions = {}) {
  const engine = fakeEngine(options)
  const studio = studioOn({
    connect: () => workerOf(engine),
    fetchText: async (path) => (path === 'texts/index.json' ? JSON.stringify(TEXTS) : Promise.reject(path)),
  })
  await studio.boot()
  return { studio, state: studio.store.getState, hub: () => studio.store.getState().hub }
}

describe('a model of the Hub', () => {
  it('is looked up, paused, gone on with and opened', async () => {
    const { studio, state, hub } = await studioWith()
    await studio.lookUp('org/wren')
    expect(hub()).toMatchObject({ looking: false, choice: '', offer: { repo: 'org/wren' } })
    void studio.fetchOffered()
    await vi.waitFor(() => expect(hub().fetching?.done).toBe(1e8))
    await studio.pauseFetch()
    expect(hub()).toMatchObject({ fetching: null, cached: [{ complete: false, bytes: 1e8 }] })
    expect(state().failures.open).toBeUndefined()
    await studio.resumeFetch(hub().cached[0]!)
    expect(hub()).toMatchObject({ fetching: null, offer: null, cached: [{ complete: true }] })
    expect(state().model?.inspection.name).toBe('wren')
  })

  it('that is cancelled leaves nothing', async () => {
    const { studio, hub } = await studioWith()
    await studio.lookUp('org/wren')
    void studio.fetchOffered()
    await vi.waitFor(() => expect(hub().fetching?.done).toBe(1e8))
    await studio.cancelFetch()
    expect(hub()).toMatchObject({ fetching: null, cached: [], bytes: 0 })
  })

  it('has the header of another choice read once, when it is chosen', async () => {
    const [first] = fakeOffer.choices
    const other = { ...first!, id: 'wren-Q8_0.gguf', type: 'Q8_0', preview: null }
    const describe = vi.fn(async () => ({ ...other, preview: first!.preview }))
    const look = async () => ({ ...fakeOffer, choices: [first!, other] })
    const { studio, hub } = await studioWith({ hub: { look, describe } })
    await studio.lookUp('org/wren')
    const work = studio.chooseOffered(other.id)
    expect(hub()).toMatchObject({ choice: other.id, describing: other.id })
    await work
    expect(hub()).toMatchObject({ describing: null, offer: { choices: [first, { preview: first!.preview }] } })
    await studio.chooseOffered('')
    await studio.chooseOffered(other.id)
    expect(describe.mock.calls).toEqual([
      [
        { address: 'org/wren', choice: other.id },
        { token: null, standIn: null },
      ],
    ])
  })

  it('that cannot be fetched says why in its place, and the engine stays free', async () => {
    const look = () => Promise.reject(new NetworkError('hub org/x: expected leave to read, got 401 — check the name'))
    const { studio, state, hub } = await studioWith({ hub: { look } })
    await studio.lookUp('org/x')
    expect(state().failures.open).toMatchObject({ heading: 'Not fetched', message: expect.stringMatching(/401/) })
    expect(hub()).toMatchObject({ looking: false, offer: null })
    expect(state().busy).toBeNull()
  })
})

it('keeps the token out of the store and gives it to the engine', async () => {
  const look = vi.fn(() => Promise.reject(new NetworkError('no')))
  const { studio, state } = await studioWith({ hub: { look } })
  studio.setHubToken(' hf_secret ')
  await studio.lookUp('org/x')
  expect(look).toHaveBeenCalledWith('org/x', { token: 'hf_secret', standIn: null })
  expect(JSON.stringify(state())).not.toContain('hf_secret')
})

it('measures on a text of the Hub, by its name', async () => {
  const { studio, state, hub } = await studioWith()
  await studio.openBundled('wren')
  await studio.measure('hub:wikitext-2-test', { protocol: 'windows:64', maxTokens: 512, stored: false })
  expect(state().failures.measure).toBeUndefined()
  expect(state().measurements).toMatchObject([{ text: 'hub:wikitext-2-test' }])
  expect(hub().text).toBeNull()
})

it('uploads a result and says where it is', async () => {
  const { studio, state, hub } = await studioWith()
  await studio.push({ what: 'packed', repo: 'me/wren', isPrivate: true })
  expect(hub().pushed).toBe('https://huggingface.co/me/wren')
  expect(state()).toMatchObject({ busy: null, work: null })
})

import { expect, it } from 'vitest'
import { type FakeOptions, fakeEngine } from '../../test/fake-engine'
import { studioOn, workerOf } from '../../test/studio'
import { DeviceLostError, StorageError } from '../errors'
import type { EngineApi } from '../workers/api'
import type { KeptRun } from '../workers/runs-api'
import { madeThis } from './recovering'
import type { Studio } from './studio'

const lost = new DeviceLostError('gpu: gone')
const SOTU = { name: 'sotu', title: 'Union', package: 'p', license: 'l', file: 'sotu.txt', use: 'evaluation', bytes: 9 }
const RUN = { protocol: 'windows:64', maxTokens: 512, stored: false }
const GREEDY = { maxNewTokens: 4, sampling: { temperature: 0, topK: 0, topP: 1 }, seed: 0, kv: 'f32' } as const

type Options = FakeOptions & Partial<Pick<EngineApi, 'download'>>

/** A studio with a finished run, which the browser keeps; its engines are these, one after another. */
async function finished(...engines: Options[]) {
  const kept: KeptRun[] = []
  const asked: (string | null | undefined)[] = []
  let crash: (error: Error) => void = () => {}
  let count = 0
  const studio = studioOn({
    connect: () => {
      const options = engines[Math.min(count++, engines.length - 1)]!
      const api = fakeEngine(options)
      const quantize: EngineApi['quantize'] = async (...request) => {
        asked.push(request[3])
        return api.quantize(...request)
      }
      const runs = { ...api.runs, list: async () => kept }
      const crashed = new Promise<never>((_, fail) => {
        crash = fail
      })
      crashed.catch(() => {})
      const { download = api.download } = options
      return { ...workerOf({ ...api, quantize, runs, download }), crashed }
    },
    fetchText: async (path) => {
      if (path === 'texts/index.json') return JSON.stringify([SOTU])
      return path.endsWith('.json') ? '[]' : 'call me'
    },
    now: () => 1000,
    save: async (open) => {
      await new Response((await open()).stream).arrayBuffer()
      return true
    },
  })
  await studio.boot()
  await studio.openBundled('wren-nano')
  studio.chooseMethod('rtn')
  await studio.run()
  const { recipe } = studio.store.getState()
  kept.push({
    ...{ id: 'broken', model: 'wren-nano', home: { from: 'page', name: 'wren-nano' }, recipe: recipe! },
    ...{ layers: 3, blocks: 2, bytes: 10, begun: 6, held: false },
  })
  kept.push({ ...kept[0]!, id: 'whole', blocks: 3, begun: 5 })
  asked.length = 0
  return { studio, asked, kept, crash: () => crash(lost), state: studio.store.getState }
}

it.each([
  ['perplexity', 'measure', (studio) => studio.measure('sotu', RUN)],
  ['divergence', 'comparison', (studio) => studio.measureDivergence('sotu', RUN)],
  ['generate', 'text', (studio) => studio.generate('The', GREEDY)],
  ['verify', 'verification', (studio) => studio.verify('packed')],
] satisfies [keyof EngineApi, string, (studio: Studio) => Promise<boolean>][])(
  'a GPU lost in %s costs nothing: model and result come back, and the %s is done',
  async (call, _, act) => {
    const { studio, asked, state } = await finished({ fail: { [call]: lost } }, {})
    const { report, run } = state().result!
    studio.setEvaluation({ text: 'sotu' })
    expect(await act(studio)).toBe(true)
    expect(asked).toEqual(['whole'])
    expect(state()).toMatchObject({
      engine: { status: 'ready' },
      busy: null,
      failures: {},
      opening: { status: 'idle' },
    })
    expect(state().result).toMatchObject({ run, alive: true })
    expect(state().result?.report).toBe(report)
    expect(state().runs).toHaveLength(1)
  },
)

it('does not try for ever', async () => {
  const { studio, state } = await finished({ fail: { perplexity: lost } }, { fail: { perplexity: lost } })
  expect(await studio.measure('sotu', RUN)).toBe(false)
  expect(state().engine.status).toBe('lost')
  expect(state().failures.measure?.message).toBe('gpu: gone')
})

it('says what is to be done where another tab has the result', async () => {
  const held = new StorageError('run: expected to be the only tab at work on this run')
  const { studio, state } = await finished({ fail: { perplexity: lost } }, { fail: { quantize: held } })
  await studio.measure('sotu', RUN)
  expect(state().result?.alive).toBe(false)
  expect(state().failures.open?.message).toBe(held.message)
})

it('a save whose worker dies ends, and says to save again; the result is there for it', async () => {
  let pulled = () => {}
  const atWork = new Promise<void>((done) => {
    pulled = done
  })
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull: () => {
        pulled()
        return new Promise(() => {})
      },
    })
  const download = async () => ({ name: 'wren.bitloom.safetensors', stream: endless(), size: 100 })
  const { studio, crash, state } = await finished({ download }, {})
  const saving = studio.download('packed')
  await atWork
  crash()
  expect(await saving).toBe(false)
  expect(state().failures.take?.message).toMatch(/packed file: expected to be saved whole.* — save it once more/)
  expect(state().result?.alive).toBe(true)
  expect(await studio.download('packed')).toBe(true)
  expect(state().failures.take).toBeUndefined()
})

it('a kept run is that of a report where all that its recipe says is said there, too', async () => {
  const { state, kept } = await finished({})
  const { report } = state().result!
  const [broken, whole] = kept as [KeptRun, KeptRun]
  expect(madeThis(whole, report)).toBe(true)
  expect(madeThis(broken, report)).toBe(false)
  expect(madeThis({ ...whole, recipe: { ...whole.recipe, seed: 99 } }, report)).toBe(false)
  expect(madeThis({ ...whole, recipe: { ...whole.recipe, options: { bits: 3 } } }, report)).toBe(false)
  const { bits: _, ...fewer } = whole.recipe.options
  expect(madeThis({ ...whole, recipe: { ...whole.recipe, options: fewer } }, report)).toBe(true)
})

import { expect, it } from 'vitest'
import { type FakeOptions, fakeEngine } from '../../test/fake-engine'
import { studioOn, workerOf } from '../../test/studio'
import { DeviceLostError } from '../errors'
import type { Recipe } from '../records'
import type { EngineApi } from '../workers/api'
import type { KeptRun } from '../workers/runs-api'

const recipe: Recipe = {
  ...{ version: 1, method: 'rtn', options: { bits: 3, groupSize: 64 }, seed: 5 },
  calibration: { text: '', samples: 1, length: 16, pick: 'first' },
}
const kept: KeptRun = {
  ...{ id: 'a-0', model: 'wren-nano', home: { from: 'page', name: 'wren-nano' }, recipe },
  ...{ layers: 3, blocks: 1, bytes: 1000, begun: 5, held: false },
}

/** A studio whose engines are these, one after another; what each was asked to quantize. */
async function studioWith(...engines: (FakeOptions & Partial<Pick<EngineApi, 'quantize'>>)[]) {
  const asked: (string | null | undefined)[] = []
  let count = 0
  const studio = studioOn({
    connect: () => {
      const options = engines[Math.min(count++, engines.length - 1)]!
      const api = fakeEngine(options)
      const quantize: EngineApi['quantize'] = (...request) => {
        asked.push(request[3])
        return (options.quantize ?? api.quantize)(...request)
      }
      return workerOf({ ...api, quantize })
    },
    fetchText: async (path) => (path.endsWith('.json') ? '[]' : 'call me'),
    now: () => 1000,
  })
  await studio.boot()
  return { studio, asked, state: studio.store.getState }
}

it('opens the model of a kept run and goes on with it', async () => {
  const { studio, asked, state } = await studioWith({ kept: [kept] })
  await expect.poll(() => state().kept).toEqual([kept])
  await studio.goOn(kept)
  expect(state().model?.inspection.name).toBe('wren-nano')
  expect(state().recipe).toEqual(recipe)
  expect(asked).toEqual(['a-0'])
  expect(state().run?.status).toBe('done')
})

it('asks for the files of a model that was dropped', async () => {
  const { studio, asked, state } = await studioWith({ kept: [kept] })
  await studio.goOn({ ...kept, model: 'mine', home: { from: 'files', names: ['config.json', 'model.safetensors'] } })
  expect(asked).toEqual([])
  expect(state().failures.open?.message).toMatch(/mine: expected the files \(config.json, model.safetensors\)/)
})

it('takes a run up again by itself when its engine is lost, three times at most', async () => {
  const lost = new DeviceLostError('gpu: gone')
  const dying: FakeOptions = { fail: { quantize: lost } }
  const { studio, asked, state } = await studioWith(dying, dying, {})
  await studio.openBundled('wren-nano')
  studio.setRecipe(recipe)
  expect(await studio.run()).toBe(true)
  expect(asked).toHaveLength(3)
  expect(state().run?.status).toBe('done')

  const doomed = await studioWith(dying)
  await doomed.studio.openBundled('wren-nano')
  doomed.studio.setRecipe(recipe)
  expect(await doomed.studio.run()).toBe(false)
  expect(doomed.asked).toHaveLength(4)
  expect(doomed.state().engine.status).toBe('lost')
})

it('waits where a block cannot be stored, and says why until it is resumed', async () => {
  let goOn = () => {}
  const api = fakeEngine()
  const { studio, state } = await studioWith({
    quantize: async (...request) => {
      request[2]({ type: 'resumed', blocks: 1, layers: 3 })
      request[2]({ type: 'refused', text: 'free 12 bytes' })
      await new Promise<void>((done) => (goOn = done))
      return api.quantize(...request)
    },
  })
  await studio.openBundled('wren-nano')
  await api.openBundled('wren-nano', () => {})
  studio.setRecipe(recipe)
  const running = studio.run()
  await expect.poll(() => state().run?.status).toBe('paused')
  expect(state().run).toMatchObject({ refused: 'free 12 bytes', kept: 1 })
  await studio.resume()
  expect(state().run).toMatchObject({ status: 'running', refused: null })
  goOn()
  expect(await running).toBe(true)
})

it('deletes a kept run late, and not at all when that is undone', async () => {
  const forgotten: string[] = []
  const { studio, state } = await studioWith({ kept: [kept], onForget: (id) => void forgotten.push(id) })
  await expect.poll(() => state().kept).toEqual([kept])
  await studio.forgetRun(kept)
  expect([state().kept, state().removed, forgotten]).toEqual([[], { what: 'wren-nano, RTN 3-bit g64' }, []])
  await studio.undoing.undo()
  expect([state().kept, state().removed]).toEqual([[kept], null])
  await studio.forgetRun(kept)
  await studio.openBundled('wren-nano')
  studio.setRecipe(recipe)
  await studio.run()
  expect(forgotten, 'a run finds the room that was made').toEqual(['a-0'])
})

import { expect, it, vi } from 'vitest'
import { fakeStudio } from '../../test/studio'

const TEXT = { title: 't', package: 'p', license: 'l', file: 'a.txt', bytes: 9 }
const TEXTS = [
  { ...TEXT, name: 'moby-dick', use: 'calibration' },
  { ...TEXT, name: 'sotu', use: 'evaluation' },
]

async function opened(delay = 0) {
  const studio = fakeStudio(
    { delay },
    { fetchText: async (path) => (path === 'texts/index.json' ? JSON.stringify(TEXTS) : '[]') },
  )
  await studio.boot()
  await studio.openBundled('wren-nano')
  studio.chooseMethod('mg-ptq')
  return { studio, state: studio.store.getState }
}

it('runs a recipe with one value after another, measures each and gives the recipe back', async () => {
  const { studio, state } = await opened()
  const { recipe } = state()
  await studio.sweep('allocator', ['gcn', 'greedy'], true)
  expect(state().runs.map(({ recipe: { options } }) => options.allocator)).toEqual(['gcn', 'greedy'])
  expect(state().measurements.map(({ run, after }) => [run, after?.perplexity])).toEqual([
    [1, 62.9441],
    [2, 62.9441],
  ])
  expect(state()).toMatchObject({ recipe, sweep: null, busy: null })
})

it('stops a sweep where a run is cancelled, and keeps what was finished', { timeout: 15_000 }, async () => {
  const { studio, state } = await opened(20)
  const sweep = studio.sweep('allocator', ['mlp', 'greedy', 'random'], false)
  await vi.waitFor(() => expect(state().sweep).toMatchObject({ label: 'Allocator', at: 1 }), { timeout: 5000 })
  await vi.waitFor(() => expect(state().busy).toBe('run'))
  await studio.cancel()
  await sweep
  expect(state().runs).toHaveLength(1)
  expect(state()).toMatchObject({ sweep: null, busy: null, recipe: { options: { allocator: 'gcn' } } })
})

it('shows a layer learning while it does', { timeout: 15_000 }, async () => {
  const { studio, state } = await opened(20)
  const run = studio.run()
  await vi.waitFor(() => expect(state().run?.training).toMatchObject({ steps: 100 }), { timeout: 5000 })
  await run
  expect(state().run?.training).toBeNull()
  expect(state().run?.modules.at(0)?.training?.step).toHaveLength(100)
})

it('fills the form with the recipe of an earlier run', async () => {
  const { studio, state } = await opened()
  studio.setOption('bits', 2)
  await studio.run()
  studio.chooseMethod('rtn')
  studio.repeat(state().runs[0]!.recipe)
  expect(state().recipe).toMatchObject({ method: 'mg-ptq', options: { bits: 2 } })
})

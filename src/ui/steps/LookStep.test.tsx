import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { fakeEngine } from '../../../test/fake-engine'
import { fakeMatrix } from '../../../test/fake-matrix'
import { KEPT_LINEAR, keptRun } from '../../../test/kept-run'
import { studioOn, workerOf } from '../../../test/studio'
import { createStudio } from '../../state/studio'
import { StudioContext } from '../studio-context'
import { LookStep } from './LookStep'

afterEach(cleanup)
afterEach(() => vi.restoreAllMocks())

it('counts nothing of a matrix before its map stands', async () => {
  // there is room for a map
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(800)
  const asked: string[] = []
  const api = fakeEngine({ layers: 2 })
  let draw = () => {}
  const engine = {
    ...api,
    matrix: {
      ...api.matrix,
      image: async (request: Parameters<typeof api.matrix.image>[0]) => {
        asked.push(`map ${request.module}`)
        await new Promise<void>((drawn) => {
          draw = drawn
        })
        return api.matrix.image(request)
      },
    },
    distributions: (...wish: Parameters<typeof api.distributions>) => {
      asked.push(`distributions ${wish[0]}`)
      return api.distributions(...wish)
    },
  }
  const studio = createStudio({
    connect: () => ({ api: engine, crashed: new Promise<never>(() => {}), terminate: () => {} }),
    fetchText: async () => '[]',
    now: () => 0,
    clock: { openedAt: 0, now: () => 0 },
    copy: async () => {},
    save: async () => true,
  })
  await act(() => studio.boot())
  await act(() => studio.openBundled('wren-3m'))
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  render(
    <StudioContext value={studio}>
      <LookStep />
    </StudioContext>,
  )
  const until = (count: number) => waitFor(() => expect(asked).toHaveLength(count), { timeout: 10_000 })
  const settle = () => act(() => new Promise((frame) => requestAnimationFrame(() => setTimeout(frame))))
  const [first, second] = ['model.layers.0.self_attn.q_proj', 'model.layers.1.mlp.up_proj']
  await until(1)
  await settle()
  expect(asked).toEqual([`map ${first}`])
  draw()
  await until(2)
  expect(asked[1]).toBe(`distributions ${first}`)

  await act(async () => studio.select(second))
  await until(3)
  await settle()
  expect(asked.slice(2)).toEqual([`map ${second}`])
  const told = document.querySelector('.look-told')!
  expect(told.getAttribute('aria-busy')).toBe('true')
  expect(told.querySelector('h3')!.textContent).toContain(first)
  draw()
  await until(4)
  expect(asked[3]).toBe(`distributions ${second}`)
})

it('leaves another result that is deleted meanwhile, and tells so once', async () => {
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(800)
  const { store, lose } = await keptRun(192)
  const matrix = fakeMatrix(1, store)
  const studio = studioOn({ connect: () => workerOf({ ...fakeEngine({ layers: 1 }), matrix }) })
  await act(() => studio.boot())
  await act(() => studio.openBundled('wren-3m'))
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  // a matrix that the other has not: nothing of it is read yet
  studio.select('model.layers.0.mlp.up_proj')
  await studio.compareMatrices({ name: 'run 2', folder: 'abc' })
  render(
    <StudioContext value={studio}>
      <LookStep />
    </StudioContext>,
  )
  expect(screen.getByRole('button', { name: 'Leave run 2' })).toBeTruthy()
  lose()
  await act(async () => studio.select(KEPT_LINEAR))
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Leave run 2' })).toBeNull(), { timeout: 10_000 })
  const map = await screen.findByRole('application', { name: new RegExp(`^Matrix map of ${KEPT_LINEAR}`) })
  await waitFor(() => expect(map.getAttribute('aria-busy')).toBe('false'), { timeout: 10_000 })
  const alerts = screen.getAllByRole('alert').map(({ textContent }) => textContent)
  expect(alerts).toEqual([
    expect.stringMatching(/^No longer there.*run 2: expected its codes, got none that can be read/),
  ])
  expect(studio.store.getState().other).toBeNull()
})

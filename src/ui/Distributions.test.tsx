import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { fakeDistributions } from '../../test/fake-distributions'
import { type FakeOptions, fakeEngine } from '../../test/fake-engine'
import { savedFiles, studioOn, workerOf } from '../../test/studio'
import { CancelledError } from '../errors'
import type { EngineApi } from '../workers/api'
import { Distributions } from './Distributions'
import { StudioContext } from './studio-context'

afterEach(cleanup)

async function open(change: Partial<EngineApi> = {}, options: FakeOptions = {}) {
  const { saved, save } = savedFiles()
  const chosen: number[] = []
  const studio = studioOn({ connect: () => workerOf({ ...fakeEngine(options), ...change }), save })
  await act(() => studio.boot())
  await act(() => studio.openBundled('wren-3m'))
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  const module = studio.store.getState().run!.modules.at(0)!
  const page = (of: typeof module) => (
    <StudioContext value={studio}>
      <Distributions module={of} column={null} onColumn={(column) => chosen.push(column)} />
    </StudioContext>
  )
  const view = render(page(module))
  return { studio, saved, chosen, module, show: (of: typeof module) => view.rerender(page(of)) }
}

it('shows weights, errors, codes and outliers of the selected module, and leads to a column', async () => {
  const { chosen, saved, module } = await open()
  await screen.findByRole('application', { name: /^Weights of .*: original weights.*; stored weights/ })
  expect(screen.getByRole('application', { name: /^Errors of .* within half a step/ })).toBeTruthy()
  const codes = screen.getByRole('application', { name: /^Codes of .*: 2 bits: entropy .*; 4 bits: entropy/ })
  fireEvent.keyDown(codes, { key: 'ArrowDown' })
  expect(screen.getByText(/^4 bits, .* step: \d+ weights, .*; code \d+:/)).toBeTruthy()
  expect(screen.getByText(/^Codes tell \d\.\d+ of 3\.000 bits a weight\./)).toBeTruthy()
  // column 17 was made four times as large
  const table = screen.getByRole('region', { name: `Columns, ${module.name}` })
  fireEvent.change(screen.getByLabelText('List by'), { target: { value: '1' } })
  fireEvent.click(within(table).getAllByRole('button')[0]!)
  expect(chosen).toEqual([17])
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Largest weights, CSV' })))
  await vi.waitFor(() => expect(saved[0]?.text).toMatch(/^row,column,weight,stored\n\d+,17,/))
})

it('shows a first look until all is counted, and forgets it for the next module', async () => {
  let finish = () => {}
  const whole = new Promise<void>((done) => {
    finish = done
  })
  const asked: string[] = []
  const { module, show, studio } = await open({
    distributions: async (name, extent) => {
      asked.push(`${name.split('.').at(-1)} ${extent}`)
      const found = await fakeDistributions(name)
      if (extent === 'look') return { ...found, out: 1000 }
      await whole
      return found
    },
  })
  expect(await screen.findByText('From 24 of 1000 rows; all are being counted.')).toBeTruthy()
  await act(async () => finish())
  await vi.waitFor(() => expect(screen.queryByText(/all are being counted/)).toBeNull())
  expect(asked).toEqual(['q_proj look', 'q_proj whole'])
  show(studio.store.getState().run!.modules.at(1)!)
  expect(screen.queryByRole('application', { name: new RegExp(`^Weights of ${module.name}`) })).toBeNull()
  expect(await screen.findByRole('application', { name: /^Weights of .*k_proj/ })).toBeTruthy()
})

it('says what is missing without the original, and while there is no answer', async () => {
  const { studio } = await open({
    distributions: async (name) => ({
      ...(await fakeDistributions(name)),
      ...{ original: false, weights: null, error: null, relative: null },
    }),
  })
  expect(await screen.findByText(/^The original is not open: what stands here is of the stored weights\./)).toBeTruthy()
  expect(screen.queryByRole('application', { name: /^Errors of/ })).toBeNull()
  act(() => studio.store.setState({ result: null }))
  expect(await screen.findByText(/^Histograms are counted once the run has finished/)).toBeTruthy()
})

it('takes being asked for another module as no failure, and anything else as one', async () => {
  const fail: { distributions?: Error } = { distributions: new CancelledError('stopped') }
  const { studio, module } = await open({}, { fail })
  expect(studio.store.getState().failures.look).toBeUndefined()
  fail.distributions = new Error('odd')
  await act(() => studio.distributions(module.name, () => true))
  expect(studio.store.getState().failures.look?.message).toContain('odd')
})

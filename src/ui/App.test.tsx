import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { type FakeOptions, fakeEngine } from '../../test/fake-engine'
import { GpuUnavailableError } from '../errors'
import { createStudio } from '../state/studio'
import { App } from './App'
import { StudioContext } from './studio-context'

const MODELS = [
  { name: 'wren-3m', title: 'Wren 3M', description: 'Small.', files: [{ name: 'config.json', bytes: 655 }] },
]

async function open(options: FakeOptions = {}) {
  const studio = createStudio({
    connect: () => ({ api: fakeEngine(options), crashed: new Promise<never>(() => {}), terminate: () => {} }),
    fetchText: async (path) => (path === 'models/index.json' ? JSON.stringify(MODELS) : '[]'),
    now: () => 0,
    save: async () => true,
  })
  render(
    <StudioContext value={studio}>
      <App />
    </StudioContext>,
  )
  await act(() => studio.boot())
  return studio
}

afterEach(cleanup)

it('shows every step from the start and says what each waits for', async () => {
  await open()
  const steps = ['Open', 'Inspect', 'Recipe', 'Run', 'Look', 'Measure', 'Take away']
  expect(screen.getAllByRole('region').map((region) => region.querySelector('h2')?.textContent)).toEqual(
    steps.map((title, index) => `${index + 1}${title}`),
  )
  expect(screen.getAllByText(/^Waits for/)).toHaveLength(6)
})

it('walks from a bundled model to downloads', async () => {
  const studio = await open()
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Try Wren 3M' })))
  await act(() => new Promise((done) => setTimeout(done, 20)))
  expect(screen.getByText('LlamaForCausalLM')).toBeTruthy()
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  expect(screen.getByText('finished')).toBeTruthy()
  expect(screen.getByRole('application', { name: /Model map, 7 modules by 3 layers/ })).toBeTruthy()
  expect(screen.getByText(/none without calibration/)).toBeTruthy()
  expect((screen.getByRole('button', { name: 'Save packed file' }) as HTMLButtonElement).disabled).toBe(false)
})

it('shows how widths were learned, sorts columns and holds runs against each other', async () => {
  const studio = await open()
  await act(() => studio.openBundled('wren-3m'))
  await studio.addText(new File(['words'], 'mine.txt'))
  studio.chooseMethod('mg-ptq')
  studio.setRecipe({ calibration: { ...studio.store.getState().recipe!.calibration, text: 'mine.txt' } })
  await act(() => studio.sweep('allocator', ['greedy', 'gcn'], false))
  expect(screen.getByRole('application', { name: /^Training of .*q_proj, 100 recorded steps/ })).toBeTruthy()
  expect(screen.getByText(/^Step 100 of 100: loss /)).toBeTruthy()
  expect(
    screen.getByRole('application', { name: /^Widths of the columns of 21 modules, mean 2\.\d+ bits/ }),
  ).toBeTruthy()

  const graph = screen.getByRole('application', { name: /^Graph of 24 columns/ })
  fireEvent.keyDown(graph, { key: 'ArrowRight' })
  const chosen = /^Column (\d+):/.exec(screen.getByText(/pushes to/).textContent!)![1]
  fireEvent.keyDown(graph, { key: 'Enter' })
  fireEvent.blur(graph)
  const order = screen.getByLabelText('Order') as HTMLSelectElement
  expect([...order.options].map(({ value }) => value)).toEqual([
    ...['original', 'width', 'hessian', 'factor', 'norm', 'error', 'saliency'],
  ])
  fireEvent.change(order, { target: { value: 'saliency' } })
  expect(screen.getByText(new RegExp(`^Column ${chosen}: .* saliency`))).toBeTruthy()

  const rows = screen.getByRole('region', { name: 'Runs' }).querySelectorAll('tbody tr')
  expect([...rows].map((row) => row.children[4]!.textContent)).toEqual(['greedy', 'gcn'])
  fireEvent.click(screen.getByRole('radio', { name: 'Run 2 as A' }))
  fireEvent.click(screen.getByRole('radio', { name: 'Run 1 as B' }))
  expect(screen.getByRole('application', { name: /^Run 2 \(MG-PTQ gcn 2.5-bit\) less run 1/ })).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Run again with the recipe of run 1' }))
  const allocator = screen.getByLabelText('Allocator') as HTMLSelectElement
  expect(allocator.selectedOptions[0]?.textContent).toBe('greedy')
  expect(within(screen.getByRole('region', { name: 'Method options' })).queryByLabelText('Steps')).toBeNull()
})

it('renders hostile names as text', async () => {
  const studio = await open()
  await act(() => studio.openBundled('<img src=x onerror=alert(1)>'))
  expect(document.querySelector('main img')).toBeNull()
  expect(screen.getAllByText('<img src=x onerror=alert(1)>').length).toBeGreaterThan(0)
})

it('says what to do without a GPU and still opens models', async () => {
  const studio = await open({ fail: { start: new GpuUnavailableError('gpu: expected WebGPU, got none — update') } })
  expect(screen.getByRole('alert').textContent).toMatch(/No usable GPU.*chrome:\/\/gpu/s)
  await act(() => studio.openBundled('wren-3m'))
  expect((screen.getByRole('button', { name: 'Quantize' }) as HTMLButtonElement).disabled).toBe(true)
  expect(screen.getByText('Needs a GPU.')).toBeTruthy()
})

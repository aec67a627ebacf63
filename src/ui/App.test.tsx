import { act, cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import type { FakeOptions } from '../../test/fake-engine'
import { openPage } from '../../test/page'
import { GpuUnavailableError } from '../errors'

const MODELS = [
  { name: 'wren-3m', title: 'Wren 3M', description: 'Small.', files: [{ name: 'config.json', bytes: 655 }] },
]

const open = (options: FakeOptions = {}) =>
  openPage(options, {
    fetchText: async (path) => (path === 'models/index.json' ? JSON.stringify(MODELS) : '[]'),
    clock: { openedAt: 1_000_000, now: () => 1_002_000 },
  })

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

it('says what formats cannot hold a result, warns of others, and shows what verifying found', async () => {
  const studio = await open()
  await act(() => studio.openBundled('wren-3m'))
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  await act(() => vi.waitFor(() => expect(studio.store.getState().result?.exports.facts.bf16).toBeTruthy()))
  const button = (name: string) => screen.getByRole('button', { name }) as HTMLButtonElement
  expect([button('Save GPTQ folder').disabled, button('Verify GPTQ folder').disabled]).toEqual([true, true])
  expect(screen.getByText(/^Cannot hold this result\. GPTQ: expected multiples of 32/)).toBeTruthy()
  fireEvent.click(screen.getByRole('radio', { name: 'Version 2' }))
  expect(button('Save GPTQ v2 folder').disabled).toBe(false)
  expect(screen.getByRole('list', { name: 'Notes on the GPTQ v2 folder' }).textContent).toBe('vLLM joins q, k and v')
  await act(async () => fireEvent.click(button('Verify GPTQ v2 folder')))
  await act(() => vi.waitFor(() => expect(studio.store.getState().busy).toBeNull()))
  expect(screen.getByText(/all 30 tensors equal/).textContent).toMatch(/^Verified: all 30 tensors equal/)
  expect(screen.getByText('simulated')).toBeTruthy()
  fireEvent.click(screen.getByRole('radio', { name: 'bf16' }))
  await act(async () => fireEvent.click(button('Verify bf16 folder')))
  await act(() => vi.waitFor(() => expect(studio.store.getState().busy).toBeNull()))
  expect(screen.getByText(/2 of 30 tensors differ/).textContent).toMatch(
    /^Not the same: 2 of 30 tensors differ by up to 0\.250 \(model\.norm\.weight, lm_head\.weight\)/,
  )
  // what is known of one result is not said of the next
  await act(() => studio.run())
  expect(screen.queryByText(/tensors/, { selector: '.take-verdict' })).toBeNull()
}, 20_000)

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
    ...['original', 'stored', 'width', 'hessian', 'factor', 'norm', 'error', 'saliency'],
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

it('shows a block being reconstructed, pauses it, and keeps how it went', async () => {
  const studio = await open({ delay: 15 })
  await act(() => studio.openBundled('wren-3m'))
  await studio.addText(new File(['words'], 'mine.txt'))
  studio.chooseMethod('tesseraq')
  studio.setRecipe({ calibration: { ...studio.store.getState().recipe!.calibration, text: 'mine.txt' } })
  const button = (name: string) => screen.getByRole('button', { name }) as HTMLButtonElement
  expect(button('Pause').disabled).toBe(true)

  let run: Promise<boolean> = Promise.resolve(false)
  await act(async () => {
    run = studio.run()
    // it passes: whoever looks now and then may miss it
    await new Promise<void>((seen) => studio.store.subscribe(({ run }) => run?.reconstruction && seen()))
  })
  expect(screen.getByRole('application', { name: /^Reconstruction of block 1, \d+ recorded/ })).toBeTruthy()
  await act(async () => fireEvent.click(button('Pause')))
  expect(screen.getByText('paused')).toBeTruthy()
  expect(document.title).toMatch(/^\d+ % paused – Bitloom$/)
  expect(screen.getByText(/Closing this tab loses the block at work only/)).toBeTruthy()
  expect(button('Cancel').disabled).toBe(false)
  await act(async () => fireEvent.click(button('Resume')))
  // on a busy machine the rest is done before one looks
  expect(document.title).toMatch(/^(\d+ % – )?Bitloom$/)
  await act(() => run)

  await act(async () => studio.select('model.layers.1.self_attn.q_proj'))
  // what is told of a matrix follows its map
  await waitFor(() => expect(document.querySelector('.look-told[aria-busy=false]')).toBeTruthy())
  const chart = screen.getByRole('application', { name: /^Reconstruction of block 2, 200 recorded steps/ })
  fireEvent.keyDown(chart, { key: 'Home' })
  expect(screen.getByText(/^Step 1 of 200: loss \S+, 85\.4 % of the roundings still soft; lowest loss/)).toBeTruthy()
  expect(screen.getByText('Unlike nearest')).toBeTruthy()
  expect(screen.getByText('Codes unlike nearest')).toBeTruthy()
})

it('asks both models by their chat template, and shows what they read', async () => {
  const studio = await open()
  await act(() => studio.openBundled('wren-3m'))
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  const side = within(screen.getByRole('region', { name: 'Side by side' }))
  expect(side.queryByLabelText('System')).toBeNull()
  fireEvent.click(side.getByLabelText('Chat'))
  expect(side.getByLabelText('System')).toBeTruthy()
  fireEvent.change(side.getByLabelText('Message'), { target: { value: 'Who is Ahab?' } })
  await act(async () => fireEvent.click(side.getByRole('button', { name: 'Ask both' })))
  const answer = () => document.querySelector('[data-side=quantized]')?.textContent
  await act(() => vi.waitFor(() => expect(studio.store.getState().busy).toBeNull()))
  expect(side.getByRole('region', { name: 'What the models read' }).textContent).toBe('<|user|>Who is Ahab?<|model|>')
  expect(answer()).toMatch(/^Who is Ahab\?\n three days,/)
})

it('shows the benchmark beside the path, which stays as it was behind it', async () => {
  const studio = await open()
  const go = (hash: string) =>
    act(async () => {
      location.hash = hash
      await new Promise((done) => setTimeout(done, 10))
    })
  await go('#benchmark')
  expect(screen.queryByRole('region', { name: /Open/ })).toBeNull()
  expect(document.activeElement?.textContent).toBe('Benchmark')
  expect(screen.getByRole('link', { name: 'Benchmark' }).getAttribute('aria-current')).toBe('page')
  expect(screen.getByText('offered, not used')).toBeTruthy()
  expect(screen.getByText('0.2 s after opening the page')).toBeTruthy()
  expect(screen.getByText('0.3 s after opening the page')).toBeTruthy()

  const run = () => screen.getByRole('button', { name: 'Run' }) as HTMLButtonElement
  fireEvent.change(screen.getByLabelText('Sizes n'), { target: { value: '64, x' } })
  expect(run().disabled).toBe(true)
  expect(screen.getByText('expected whole numbers from 1 to 65536 with commas')).toBeTruthy()
  fireEvent.change(screen.getByLabelText('Sizes n'), { target: { value: '64, 128' } })
  fireEvent.click(screen.getByRole('checkbox', { name: 'Codes 1' }))
  expect(screen.getByText('6 measurements')).toBeTruthy()
  await act(async () => {
    fireEvent.click(run())
    await vi.waitFor(() => expect(studio.store.getState().benchmark.run?.status).toBe('done'))
  })
  const table = screen.getByRole('region', { name: 'Times' })
  expect([...table.querySelectorAll('tbody')].map((body) => body.querySelector('th')?.textContent)).toEqual([
    ...['matmul A·Bᵀ n×n×n', 'Hessian n×n += XᵀX, 2048 tokens', 'copy of 4 n×n float32, read and written'],
  ])
  const cells = within(table).getAllByRole('row')[3]!.querySelectorAll('td')
  expect([...cells].map((cell) => cell.textContent)).toEqual(['128', '0.0419', '100', '4.69', 'compute', '100 %'])
  expect(screen.getByText('2.1 s after opening the page, 80 ms after Run')).toBeTruthy()
  expect(screen.getByText('6 compiled in 24 ms')).toBeTruthy()
  const chart = screen.getByRole('application', { name: /^Time over size of 3 works/ })
  fireEvent.keyDown(chart, { key: 'ArrowDown' })
  fireEvent.keyDown(chart, { key: 'ArrowRight' })
  expect(screen.getByText(/^matmul A·Bᵀ n×n×n, n = 128: .* grows as n\^/)).toBeTruthy()

  await go('#studio')
  expect(screen.getByRole('region', { name: /Open/ })).toBeTruthy()
  expect(document.activeElement?.id).toBe('to-benchmark')
  await go('#benchmark')
  expect(screen.getByRole('region', { name: 'Times' })).toBeTruthy()
  await go('')
})

it('says why a benchmark cannot start while a run is under way', async () => {
  const studio = await open({ delay: 5 })
  await act(() => studio.openBundled('wren-3m'))
  studio.chooseMethod('rtn')
  location.hash = '#benchmark'
  let run: Promise<boolean> = Promise.resolve(false)
  await act(async () => {
    run = studio.run()
    await new Promise((done) => setTimeout(done, 10))
  })
  expect((screen.getByRole('button', { name: 'Run' }) as HTMLButtonElement).disabled).toBe(true)
  expect(screen.getByText(/^A run is under way/)).toBeTruthy()
  await act(() => run)
  expect((screen.getByRole('button', { name: 'Run' }) as HTMLButtonElement).disabled).toBe(false)
  await act(async () => {
    location.hash = ''
    await new Promise((done) => setTimeout(done, 10))
  })
  expect(screen.getByText('finished')).toBeTruthy()
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
  await act(async () => {
    location.hash = '#benchmark'
    await new Promise((done) => setTimeout(done, 10))
  })
  expect((screen.getByRole('button', { name: 'Run' }) as HTMLButtonElement).disabled).toBe(true)
  expect(screen.getByRole('status').textContent).toBe('Needs a GPU.')
  await act(async () => {
    location.hash = ''
    await new Promise((done) => setTimeout(done, 10))
  })
})

import { act, cleanup, fireEvent, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openPage } from '../../test/page'
import { recipeJson } from '../state/recipe'
import { changeSettings, settings } from './settings'

beforeEach(() => {
  changeSettings({ keys: true, notify: null })
  history.replaceState(null, '', '/')
})
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const key = (name: string, target: Element = document.body, how: object = {}) =>
  act(async () => void fireEvent.keyDown(target, { key: name, ...how }))

/** A page with a finished run. */
async function finished() {
  const studio = await openPage()
  await act(() => studio.openBundled('wren-3m'))
  studio.chooseMethod('rtn')
  await act(() => studio.run())
  return { studio, state: studio.store.getState }
}

describe('keys', () => {
  it('walk over modules and layers, and change the theme', async () => {
    const { studio, state } = await finished()
    const names = state()
      .run!.modules.toArray()
      .map(({ name }) => name)
    await act(async () => studio.select(names[0]!))
    await key('l')
    expect(state().selected).toBe(names[1])
    await key('L')
    expect(state().selected).toBe(names[1]!.replace('layers.0', 'layers.1'))
    await key('H')
    await key('h')
    expect(state().selected).toBe(names[0])
    const theme = () => document.documentElement.dataset.theme
    await act(async () => void fireEvent.change(screen.getByLabelText('Theme'), { target: { value: 'light' } }))
    await key('t')
    expect(theme()).toBe('dark')
    expect((screen.getByLabelText('Theme') as HTMLSelectElement).value).toBe('dark')
  })

  it('do nothing while one types, with a modifier, or where they are switched off', async () => {
    const { state } = await finished()
    const before = state().selected
    await key('l', screen.getByLabelText('Find tensors'))
    await key('l', document.body, { ctrlKey: true })
    changeSettings({ keys: false })
    await key('l')
    expect(state().selected).toBe(before)
    await key('?')
    expect(document.querySelector('dialog')?.hasAttribute('open')).toBe(true)
    changeSettings({ keys: true })
    await key('l')
    expect(state().selected, 'a dialog is open').toBe(before)
  })

  it('run and cancel only where the buttons could be pressed', async () => {
    const studio = await openPage()
    await key('r')
    expect(studio.store.getState().busy).toBeNull()
    await act(() => studio.openBundled('wren-3m'))
    await act(async () => studio.chooseMethod('rtn'))
    await key('r')
    await act(() => vi.waitFor(() => expect(studio.store.getState().run?.status).toBe('done')))
  })
})

describe('the address', () => {
  const go = (hash: string) =>
    act(async () => {
      history.pushState(null, '', hash)
      window.dispatchEvent(new PopStateEvent('popstate'))
    })

  it('takes the chosen module and measure along, and follows them back', async () => {
    const { studio, state } = await finished()
    const [first, second] = state()
      .run!.modules.toArray()
      .map(({ name }) => name)
    await act(async () => studio.select(second!))
    expect(location.hash).toBe(`#?module=${second}`)
    await act(async () => studio.showMeasure('weight'))
    expect(location.hash).toBe(`#?module=${second}&measure=weight`)
    await go(`#step-look?module=${first}&measure=bits`)
    expect([state().selected, state().measure]).toEqual([first, 'bits'])
  })

  it('takes along how the matrix is looked at, and goes back to it', async () => {
    const { studio, state } = await finished()
    const [second] = state()
      .run!.modules.toArray()
      .slice(1)
      .map(({ name }) => name)
    await act(async () => studio.select(second!))
    await act(async () => studio.showMatrix({ ...state().matrix, order: 'error', rowOrder: 'norm' }))
    expect(location.hash).toBe(`#?module=${second}&order=error&rows=norm`)
    expect((screen.getByLabelText('Order') as HTMLSelectElement).value).toBe('error')
    await go(`#step-look?module=${second}&rows=error&bin=mean`)
    expect(state().matrix).toMatchObject({ order: 'original', rowOrder: 'error', reduction: 'mean' })
    // a link that says nothing of it leaves it
    await go('#step-look')
    expect(state().matrix.reduction).toBe('mean')
  })

  it('opens the same view when the model comes, and leaves out what no model has', async () => {
    const asked = 'model.layers.1.mlp.up_proj'
    history.replaceState(null, '', `#step-look?module=${asked}&measure=output&compare=1,2`)
    const { studio, state } = await finished()
    expect([state().selected, state().measure, state().compared]).toEqual([asked, 'output', { a: null, b: null }])
    await act(() => studio.run())
    expect(state().compared).toEqual({ a: 1, b: 2 })
    await go('#step-look?module=<img src=x>')
    expect(state().selected).toBe(asked)
  })
})

describe('what is pasted', () => {
  const paste = (text: string) =>
    act(async () => {
      const event = new Event('paste', { bubbles: true, cancelable: true })
      Object.assign(event, { clipboardData: { files: [], getData: () => text } })
      document.body.dispatchEvent(event)
      await new Promise((done) => setTimeout(done, 10))
    })

  it('is a recipe for the form, or a name for the field of the Hub', async () => {
    const { state } = await finished()
    await paste(recipeJson({ ...state().recipe!, seed: 41 }))
    expect(state().recipe?.seed).toBe(41)
    await paste(' https://huggingface.co/org/wren@main\n')
    expect(state().hub).toMatchObject({ address: 'https://huggingface.co/org/wren@main', looking: false })
    await paste('just some words / and more')
    expect(state().hub.address).toBe('https://huggingface.co/org/wren@main')
  })
})

describe('the end of long work', () => {
  it('is told once, to somebody who asked for it and looks elsewhere', async () => {
    const told: string[] = []
    class Told {
      static permission = 'granted'
      static requestPermission = async () => 'granted'
      constructor(title: string, { body }: { body: string }) {
        told.push(`${title}: ${body}`)
      }
    }
    vi.stubGlobal('Notification', Told)
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 20_000))
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    const { studio } = await finished()
    expect(told).toEqual([])
    await act(async () => void fireEvent.click(screen.getByLabelText('Tell me when long work is done')))
    told.length = 0
    await act(() => studio.run())
    expect(told).toEqual(['The run is done: wren-3m, RTN 4-bit g128'])
    hidden.mockReturnValue(false)
    await act(() => studio.run())
    expect(told).toHaveLength(1)
  })

  it('shows what was clicked while the browser asks, and takes it back', async () => {
    let answer = (_: string) => {}
    const requestPermission = () => new Promise<string>((resolve) => (answer = resolve))
    vi.stubGlobal('Notification', { permission: 'default', requestPermission })
    await finished()
    const box = screen.getByLabelText('Tell me when long work is done') as HTMLInputElement
    const click = () => fireEvent.click(box)
    const reply = (permission: string) => act(async () => answer(permission))
    click()
    expect(box.checked).toBe(true)
    await reply('denied')
    expect(box.checked).toBe(false)
    screen.getByText(/^The browser does not allow it/)
    click()
    expect(box.checked).toBe(true)
    click()
    expect(box.checked).toBe(false)
    await reply('granted')
    expect(box.checked).toBe(false)
    expect(settings().notify).toBe(false)
  })
})

import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { densePlan, expertPlan, finished } from '../../test/large-plans'
import { fakeStudio } from '../../test/studio'
import type { ModuleRecord } from '../records'
import type { Studio } from '../state/studio'
import { ModelMap } from './ModelMap'
import { MEASURES } from './maps/measure'
import { StudioContext, useStudioState } from './studio-context'
import { WidthsChart } from './WidthsChart'

afterEach(cleanup)

function Views({
  plan,
  modules,
  studio,
}: {
  plan: ReturnType<typeof densePlan>
  modules: readonly ModuleRecord[]
  studio: Studio
}) {
  const wanted = useStudioState((state) => state.selected)
  const selected = modules.some(({ name }) => name === wanted) ? wanted : null
  return (
    <>
      <ModelMap
        {...{ title: 'Model map', plan, modules, selected, view: MEASURES.output, running: null }}
        onSelect={studio.select}
        onPicture={() => {}}
      />
      <WidthsChart modules={modules} selected={selected ?? ''} onSelect={studio.select} onPicture={() => {}} />
    </>
  )
}

function open(plan: ReturnType<typeof densePlan>, modules: readonly ModuleRecord[]) {
  const studio = fakeStudio()
  const page = (done: readonly ModuleRecord[]) => (
    <StudioContext value={studio}>
      <Views plan={plan} modules={done} studio={studio} />
    </StudioContext>
  )
  const view = render(page(modules))
  return { studio, show: (done: readonly ModuleRecord[]) => view.rerender(page(done)) }
}

const map = (name: RegExp) => screen.getByRole('application', { name })

describe('the map of 80 layers', () => {
  const plan = densePlan(80)
  const modules = finished(plan)

  it('is walked by keys, chooses by Enter and points elsewhere at the same', () => {
    const { studio } = open(plan, modules)
    const grid = map(/^Model map, 7 modules by 80 layers\./)
    fireEvent.keyDown(grid, { key: 'End' })
    fireEvent.keyDown(grid, { key: 'PageDown' })
    expect(studio.store.getState().hovered).toBe('model.layers.79.down_proj')
    // the chart of widths tells of the same module
    expect(screen.getByText(/^model\.layers\.79\.down_proj: mean/)).toBeTruthy()
    fireEvent.keyDown(grid, { key: 'Enter' })
    expect(studio.store.getState().selected).toBe('model.layers.79.down_proj')
    fireEvent.blur(grid)
    expect(studio.store.getState().hovered).toBeNull()
    expect(screen.getByText(/^model\.layers\.79\.down_proj: 64 × 64, output error/)).toBeTruthy()
  })

  it('points where another view does', () => {
    const { studio } = open(plan, modules)
    act(() => studio.hover('model.layers.3.up_proj'))
    expect(screen.getByText(/^model\.layers\.3\.up_proj: 64 × 64, output error/)).toBeTruthy()
  })

  it('fills in while a run goes on', () => {
    const { show } = open(plan, modules.slice(0, 7))
    const grid = map(/^Model map/)
    fireEvent.keyDown(grid, { key: 'ArrowRight' })
    expect(screen.getByText('model.layers.1.q_proj: not quantized yet')).toBeTruthy()
    show(modules.slice(0, 8))
    expect(screen.getByText(/^model\.layers\.1\.q_proj: 64 × 64/)).toBeTruthy()
  })

  describe('keeps a choice that comes before its module', () => {
    const [early, other] = ['model.layers.1.q_proj', 'model.layers.0.k_proj']
    const choose = (grid: HTMLElement) => {
      for (const key of ['Home', 'ArrowRight', 'Enter']) fireEvent.keyDown(grid, { key })
      expect(screen.getByText(`${early}: not quantized yet, selected as soon as it is`)).toBeTruthy()
    }

    it('until the module is there, once', () => {
      const { studio, show } = open(plan, modules.slice(0, 7))
      const grid = map(/^Model map/)
      choose(grid)
      fireEvent.blur(grid)
      expect(studio.store.getState().selected).toBeNull()
      show(modules.slice(0, 8))
      expect(studio.store.getState().selected).toBe(early)
      act(() => studio.select(other))
      show(modules)
      expect(studio.store.getState().selected).toBe(other)
    })

    it('also where what was selected in an earlier run comes first', () => {
      const { studio, show } = open(plan, modules.slice(0, 6))
      act(() => studio.select(modules[6]!.name))
      choose(map(/^Model map/))
      show(modules.slice(0, 7))
      show(modules.slice(0, 8))
      expect(studio.store.getState().selected).toBe(early)
    })

    it('unless another is selected meanwhile', () => {
      const { studio, show } = open(plan, modules.slice(0, 7))
      choose(map(/^Model map/))
      act(() => studio.select(other))
      show(modules)
      expect(studio.store.getState().selected).toBe(other)
    })

    it('unless it is given up', () => {
      const { studio, show } = open(plan, modules.slice(0, 7))
      const grid = map(/^Model map/)
      choose(grid)
      fireEvent.keyDown(grid, { key: 'Escape' })
      show(modules)
      expect(studio.store.getState().selected).toBeNull()
    })
  })

  it('is a table, too', () => {
    open(plan, modules)
    const table = screen.getAllByText('Figure as a table')[0]!.closest('details')!
    table.open = true
    fireEvent(table, new Event('toggle'))
    const rows = within(screen.getByRole('region', { name: 'Model map by layer and module' })).getAllByRole('row')
    expect([...rows[0]!.children].map((cell) => cell.textContent)).toEqual([
      ...['layer', 'q', 'k', 'v', 'o', 'gate', 'up', 'down'],
    ])
    expect([...rows[1]!.children].map((cell) => cell.textContent).slice(0, 3)).toEqual(['0', '1.00e-4', '2.00e-4'])
  })
})

it('shows 48 layers of 128 experts, and those of one layer side by side', () => {
  const plan = expertPlan(48, 128)
  const modules = finished(plan)
  const { studio } = open(plan, modules.slice(0, 388 * 2))
  const grid = map(/^Model map, 7 modules by 48 layers\./)
  expect(screen.queryByRole('application', { name: /^Experts of layer/ })).toBeNull()
  for (const key of ['PageDown', 'ArrowUp', 'ArrowRight']) fireEvent.keyDown(grid, { key })
  const text = screen.getByText(/^experts up of layer 1: 128 of 128 experts, mean \S+, least \S+ in .* greatest/)
    .textContent!
  const worst = / in (\S+)$/.exec(text)![1]!
  fireEvent.keyDown(grid, { key: 'Enter' })
  expect(studio.store.getState().selected).toBe(worst)
  fireEvent.blur(grid)
  const experts = map(/^Experts of layer 1, 3 modules by 128 experts\./)
  fireEvent.keyDown(experts, { key: 'Home' })
  fireEvent.keyDown(experts, { key: 'Enter' })
  expect(studio.store.getState().selected).toBe('model.layers.1.mlp.experts.0.up_proj')
  fireEvent.change(screen.getByLabelText('Experts show'), { target: { value: 'smallest' } })
  expect(studio.store.getState().spread).toBe('smallest')
  fireEvent.blur(experts)
  fireEvent.keyDown(grid, { key: 'ArrowRight' })
  expect(screen.getByText('experts up of layer 2: none of 128 quantized yet')).toBeTruthy()
})

import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../test/fake-model'
import { fakeStudio } from '../../test/studio'
import type { ModuleRecord } from '../records'
import { Growing } from '../state/growing'
import { newRun, runningModule } from '../state/progress'
import { defaultRecipe } from '../state/recipe'
import { ModuleTable } from './ModuleTable'
import { StudioContext } from './studio-context'
import { type TableColumn, VirtualTable } from './VirtualTable'

afterEach(cleanup)

interface Row {
  readonly name: string
  readonly value: number
}

/** A table of rows that are made when they are asked for, with counts of what was asked and drawn. */
function counting(count: number) {
  const changed = new Map<number, Row>()
  const made = new Map<number, Row>()
  const counts = { asked: 0, drawn: 0 }
  const columns: TableColumn<Row>[] = [
    { key: 'name', title: 'Name', width: '50%', render: (row) => row.name },
    {
      key: 'value',
      title: 'Value',
      width: '50%',
      render: (row) => {
        counts.drawn++
        return row.value
      },
    },
  ]
  const rowAt = (index: number): Row => {
    counts.asked++
    const row = changed.get(index) ?? made.get(index) ?? { name: `row ${index}`, value: 0 }
    made.set(index, row)
    return row
  }
  const table = (running = -1) => (
    <VirtualTable
      label="Rows"
      {...{ columns, count, running }}
      rowAt={(index) => rowAt(index)}
      rowKey={(row) => row.name}
      height={264}
      minWidth={100}
      onSelect={() => {}}
    />
  )
  const change = (index: number, value: number) => changed.set(index, { name: `row ${index}`, value })
  const reset = () => Object.assign(counts, { asked: 0, drawn: 0 })
  return { table, change, counts, reset }
}

const elements = () => document.querySelectorAll('*').length
const shown = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.textContent)

it('costs the same at three million rows as at three hundred', () => {
  const costs = [300, 3_000_000].map((count) => {
    const { table, change, counts, reset } = counting(count)
    const { rerender } = render(table())
    const first = { ...counts, elements: elements() }
    reset()
    change(3, 7)
    rerender(table())
    const seen = { ...counts, text: shown()[3] }
    reset()
    change(290, 7)
    rerender(table())
    const unseen = { ...counts, elements: elements() }
    cleanup()
    return { first, seen, unseen }
  })
  expect(costs[1]).toEqual(costs[0])
  expect(costs[1]).toMatchObject({
    first: { asked: 19, drawn: 19 },
    // the row that changed is drawn again, and no other
    seen: { drawn: 1, text: 'row 37' },
    unseen: { drawn: 0, asked: 19 },
  })
  expect(costs[1]!.first.elements).toBeLessThan(120)
})

it('is laid out no higher than browsers can, and gets to its last row and to the one at work', () => {
  const { table } = counting(3_000_000)
  const { rerender } = render(table())
  const area = screen.getByRole('region', { name: 'Rows' })
  const heights = () =>
    [...area.querySelectorAll<HTMLElement>('.spacer')].map(({ style }) => Number.parseFloat(style.height))
  expect(heights()).toHaveLength(1)
  expect(heights()[0]).toBeLessThan(8_000_000)
  area.scrollTop = 8_000_000 - 264
  fireEvent.scroll(area)
  expect(shown().at(-1)).toBe('row 29999990')
  expect(screen.getAllByRole('row').at(-1)?.getAttribute('aria-rowindex')).toBe('3000001')
  expect(heights()[0]).toBeLessThan(8_000_000)
  rerender(table(1_500_000))
  expect(shown()).toContain('row 15000000')
  expect(area.scrollTop).toBeGreaterThan(3_990_000)
  expect(area.scrollTop).toBeLessThan(4_010_000)
})

it('draws of a run what is in view: a module that finishes elsewhere draws nothing', () => {
  const recipe = defaultRecipe(fakeMethods[1]!, '', 'software')
  const one = fakeModule(fakeInspection('wren', 1).modules[0]!, recipe)
  const plan = Array.from({ length: 100_000 }, (_, i) => ({
    name: `experts.${i}`,
    layer: 0,
    role: `e${i}`,
    out: 8,
    in: 4,
  }))
  const record = (i: number): ModuleRecord => ({ ...one, ...plan[i]! })
  const studio = fakeStudio()
  const table = (modules: Growing<ModuleRecord>) => (
    <StudioContext value={studio}>
      <ModuleTable
        {...{ plan, modules }}
        selected={null}
        running={runningModule({ ...newRun('', 1, 0), modules }, plan)}
        onSelect={select}
      />
    </StudioContext>
  )
  const select = () => {}
  let modules = Growing.of([record(0)])
  const { rerender } = render(table(modules))
  expect(shown()[0]).toMatch(/^experts\.0/)
  const [first] = screen.getAllByRole('button')
  modules = modules.add([record(1)])
  rerender(table(modules))
  expect(screen.getAllByRole('button')).toHaveLength(2)
  expect(screen.getAllByRole('button')[0]).toBe(first)
  // out of their order, as experts that a resumed run has kept
  const before = document.body.innerHTML
  modules = modules.add([record(50_000)])
  rerender(table(modules))
  expect(document.body.innerHTML).toBe(before)
})

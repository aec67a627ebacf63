import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { fakeStudio } from '../../test/studio'
import type { RunRecord } from '../state/runs'
import { RunsTable } from './RunsTable'
import { StudioContext } from './studio-context'

afterEach(cleanup)

it('shows of many runs those in view, each with its own numbers', async () => {
  const studio = fakeStudio()
  await studio.boot()
  await studio.openBundled('wren-nano')
  studio.chooseMethod('rtn')
  await studio.run()
  const [made] = studio.store.getState().runs
  const runs = Array.from(
    { length: 5000 },
    (_, i): RunRecord => ({ ...made!, run: i + 1, recipe: { ...made!.recipe, seed: i } }),
  )
  studio.store.setState({ runs })
  render(
    <StudioContext value={studio}>
      <RunsTable />
    </StudioContext>,
  )
  const rows = () => [...document.querySelectorAll('tbody tr[aria-rowindex]')].map((row) => row.textContent)
  expect(rows()).toHaveLength(19)
  expect(rows()[3]).toMatch(/^4.*g1283/)
  const area = screen.getByRole('region', { name: 'Runs' })
  area.scrollTop = 26 + 5000 * 24 - 264
  act(() => void fireEvent.scroll(area))
  expect(rows().length).toBeLessThan(30)
  expect(rows().at(-1)).toMatch(/^5000.*g1284999/)
})

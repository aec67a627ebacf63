import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { fakeStudio } from '../../test/studio'
import type { OfflineHost } from '../offline/host'
import type { Kept } from '../offline/release'
import { KeepOffline } from './KeepOffline'
import { StudioContext } from './studio-context'

afterEach(cleanup)

const TOTAL = 2e6

/** The field, its box, and what ends the work that a click has started. */
async function open(bytes: number) {
  const work = { done: (_kept: Kept) => {}, fail: (_error: Error) => {} }
  const offline: OfflineHost = {
    start: async (tell) => tell({ kept: { bytes, total: TOTAL } }),
    keep: (wanted, onProgress) => {
      if (wanted) onProgress({ bytes: TOTAL / 2, total: TOTAL })
      return new Promise((done, fail) => Object.assign(work, { done, fail }))
    },
    update: () => {},
  }
  const studio = fakeStudio({}, { offline })
  await act(() => studio.startOffline())
  render(
    <StudioContext value={studio}>
      <KeepOffline />
    </StudioContext>,
  )
  const box = screen.getByRole<HTMLInputElement>('checkbox')
  const state = () => [box.checked, box.disabled, screen.queryByRole('progressbar') !== null]
  const end = (left: number) => act(async () => work.done({ bytes: left, total: TOTAL }))
  const fail = () => act(async () => work.fail(new Error('no room')))
  return { studio, click: () => fireEvent.click(box), state, end, fail }
}

it('shows what was clicked while it is being done', async () => {
  const { click, state, end } = await open(0)
  expect(state()).toEqual([false, false, false])
  click()
  expect(state()).toEqual([true, true, true])
  await end(TOTAL)
  expect(state()).toEqual([true, false, false])
  click()
  expect(state()).toEqual([false, true, false])
  await end(0)
  expect(state()).toEqual([false, false, false])
})

it.each([
  [0, /^offline: expected the bundled models to be kept, got 'no room' — see that there is a connection and room/],
  [TOTAL, /^offline: expected the bundled models to be let go, got 'no room' — try again, or clear the data/],
])('shows what is kept where that could not be changed, and says what to do (%i bytes)', async (bytes, told) => {
  const { studio, click, state, fail } = await open(bytes)
  click()
  await fail()
  expect(state()).toEqual([bytes === TOTAL, false, false])
  expect(studio.store.getState().failures.open?.message).toMatch(told)
})

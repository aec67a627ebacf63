import { act, cleanup, render } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { fakeStudio } from '../../../test/studio'
import { StudioContext } from '../studio-context'
import { RunStep } from './RunStep'

afterEach(cleanup)

it('does not call a run finished while the next one begins', async () => {
  const studio = fakeStudio()
  await act(() => studio.boot())
  await act(() => studio.openBundled('wren-3m'))
  await act(async () => studio.chooseMethod('rtn'))
  render(
    <StudioContext value={studio}>
      <RunStep />
    </StudioContext>,
  )
  const status = () => document.querySelector('.step-status')?.textContent
  const seen: (string | undefined)[] = []
  for (let runs = 0; runs < 2; runs++) {
    let run: Promise<boolean>
    act(() => void (run = studio.run()))
    seen.push(status())
    await act(() => run)
    seen.push(status())
  }
  expect(seen).toEqual(['starting', 'finished', 'starting', 'finished'])
})

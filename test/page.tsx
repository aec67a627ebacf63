import { act, render } from '@testing-library/react'
import type { Host } from '../src/state/context'
import type { Studio } from '../src/state/studio'
import { App } from '../src/ui/App'
import { preload } from '../src/ui/later'
import { StudioContext } from '../src/ui/studio-context'
import type { FakeOptions } from './fake-engine'
import { fakeStudio } from './studio'

/** The whole page of a studio over an engine that only pretends. */
export async function openPage(options: FakeOptions = {}, host: Partial<Host> = {}): Promise<Studio> {
  const studio = fakeStudio(options, host)
  await preload()
  render(
    <StudioContext value={studio}>
      <App />
    </StudioContext>,
  )
  await act(() => studio.boot())
  return studio
}

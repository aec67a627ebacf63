import { act, render } from '@testing-library/react'
import { createStudio, type Studio } from '../src/state/studio'
import { App } from '../src/ui/App'
import { preload } from '../src/ui/later'
import { StudioContext } from '../src/ui/studio-context'
import { type FakeOptions, fakeEngine } from './fake-engine'

/** A studio over an engine that only pretends. */
export const fakeStudio = (options: FakeOptions = {}): Studio =>
  createStudio({
    connect: () => ({ api: fakeEngine(options), crashed: new Promise<never>(() => {}), terminate: () => {} }),
    fetchText: async () => '[]',
    now: () => 0,
    clock: { openedAt: 0, now: () => 0 },
    copy: async () => {},
    save: async () => true,
  })

/** Its whole page. */
export async function openPage(options: FakeOptions = {}): Promise<Studio> {
  const studio = fakeStudio(options)
  await preload()
  render(
    <StudioContext value={studio}>
      <App />
    </StudioContext>,
  )
  await act(() => studio.boot())
  return studio
}

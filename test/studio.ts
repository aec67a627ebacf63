import type { Host } from '../src/state/context'
import { createStudio, type Studio } from '../src/state/studio'
import type { EngineApi } from '../src/workers/api'
import type { EngineHandle } from '../src/workers/client'
import { type FakeOptions, fakeEngine } from './fake-engine'

/** A worker that never crashes. */
export const workerOf = (api: EngineApi): EngineHandle => ({
  api,
  crashed: new Promise<never>(() => {}),
  terminate: () => {},
})

/** A studio that fetches, copies and saves nothing but as `host` says. */
export const studioOn = (host: Pick<Host, 'connect'> & Partial<Host>): Studio =>
  createStudio({
    fetchText: async () => '[]',
    now: () => 0,
    clock: { openedAt: 0, now: () => 0 },
    copy: async () => {},
    save: async () => true,
    ...host,
  })

/** The same over an engine that only pretends. */
export const fakeStudio = (options: FakeOptions = {}, host: Partial<Host> = {}): Studio =>
  studioOn({ connect: () => workerOf(fakeEngine(options)), ...host })

/** A host's `save`, and the files that it was given. */
export function savedFiles() {
  const saved: { name: string; text: string }[] = []
  const save: Host['save'] = async (open) => {
    const { name, stream } = await open()
    saved.push({ name, text: await new Response(stream).text() })
    return true
  }
  return { saved, save }
}

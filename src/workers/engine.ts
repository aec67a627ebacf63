import { describeMethod } from '../methods/options'
import { methods } from '../methods/registry'
import { exportAs } from '../pipeline/exports'
import type { EngineApi } from './api'
import type { EngineDevice } from './engine-device'
import { exporting } from './exporting'
import { HubDesk } from './hub-desk'
import { measuring } from './measuring'
import { opening } from './opening'
import { opfsStore } from './opfs-store'
import { running } from './running'
import { Session } from './session'

/** The engine behind the page. Knows no page and no worker; see engine.worker.ts. */
export function createEngine(device: EngineDevice) {
  const session = new Session(device)
  const { works, view, matrix, distributions, runs, archive } = session
  const hub = new HubDesk({
    store: opfsStore('hub'),
    gpu: () => session.gpuInfo,
    result: async (format) => (await exportAs(format, session.result())).files,
  })

  return {
    start: () => device.start(),
    methods: async () => methods.map(describeMethod),
    ...opening(session, hub),
    ...running(session),
    ...measuring(session),
    ...exporting(session),
    ...{ hub, view, matrix, runs, archive },
    distributions: distributions.distributions,

    // the code of the benchmark is loaded when it is first asked for: most people never do
    async benchmarks() {
      const { benchmarkDevice, benchmarkGroups } = await import('./benchmark')
      return { groups: benchmarkGroups(), device: session.gpu && benchmarkDevice(session.gpu, device.times) }
    },

    benchmark: (options, onProgress) =>
      works.run(async (signal) => {
        const { benchmark } = await import('./benchmark')
        await benchmark(session.device(), { ...options, signal, onProgress })
      }),

    async cancel() {
      works.stop()
      await hub.stop('text')
    },
  } satisfies EngineApi
}

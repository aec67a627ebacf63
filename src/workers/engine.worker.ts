import * as Comlink from 'comlink'
import type { EngineApi } from './api'
import type { ArchiveApi, ArchiveListing } from './archive-api'
import { EngineDevice } from './engine-device'
import { keepErrorFamilies } from './errors-transfer'
import type { HubApi } from './hub-api'
import type { MatrixApi } from './matrix-api'
import { opfsStore } from './opfs-store'
import type { RunsApi } from './runs-api'
import { once, standIn } from './stand-in'
import type { ViewApi } from './view-api'

keepErrorFamilies()

const device = new EngineDevice(navigator.gpu)

/** The larger part by far; most of what the page asks at its start can be told without it. */
const load = once(async () => {
  await import('../no-eval')
  const { createEngine } = await import('./engine')
  return createEngine(device)
})

const NO_RUNS: ArchiveListing = { runs: [], damaged: { count: 0, bytes: 0 } }

const keepsAny = async (root: 'hub' | 'runs' | 'archive') => (await opfsStore(root).folders()).length > 0

/** The page's side of this is client.ts. */
Comlink.expose(
  standIn<EngineApi>(load, {
    start: () => device.start(),
    hub: standIn<HubApi>(async () => (await load()).hub, {
      cached: async () => ((await keepsAny('hub')) ? (await load()).hub.cached() : { models: [], bytes: 0 }),
    }),
    view: standIn<ViewApi>(async () => (await load()).view),
    runs: standIn<RunsApi>(async () => (await load()).runs, {
      list: async () => ((await keepsAny('runs')) ? (await load()).runs.list() : []),
    }),
    archive: standIn<ArchiveApi>(async () => (await load()).archive, {
      list: async () => ((await keepsAny('archive')) ? (await load()).archive.list() : NO_RUNS),
    }),
    // what is large is handed over, not copied
    matrix: standIn<MatrixApi>(async () => (await load()).matrix, {
      image: async (request) => {
        const image = await (await load()).matrix.image(request)
        return image && Comlink.transfer(image, [image.values.buffer])
      },
    }),
    download: async (format) => {
      const download = await (await load()).download(format)
      return Comlink.transfer(download, [download.stream])
    },
  }),
)

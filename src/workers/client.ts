import * as Comlink from 'comlink'
import { DeviceLostError, GpuUnavailableError } from '../errors'
import { unless } from '../unless'
import type { EngineApi } from './api'
import type { ArchiveApi } from './archive-api'
import address from './engine.worker?worker&url'
import { keepErrorFamilies } from './errors-transfer'
import type { HubApi } from './hub-api'
import type { MatrixApi } from './matrix-api'
import type { RunsApi } from './runs-api'
import type { ViewApi } from './view-api'

/** A running engine: its interface, and the way to end it. Ending the worker is what really frees its memory. */
export interface EngineHandle {
  readonly api: EngineApi
  /** Settles when the worker itself died; never resolves. */
  readonly crashed: Promise<never>
  terminate(): void
}

keepErrorFamilies()

/** Starts the worker. A worker that dies rejects every call in flight, so nothing waits for an answer for ever. */
export function connectEngine(): EngineHandle {
  const worker = new Worker(workerAddress(), { type: 'module', name: 'bitloom-engine' })
  const crashed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      reject(
        new DeviceLostError(`engine: expected its worker to run, got '${event.message || 'no script'}' — restart it`),
      )
    })
    worker.addEventListener('messageerror', () => {
      reject(new DeviceLostError('engine: expected a readable answer, got one that could not be copied — restart it'))
    })
  })
  crashed.catch(() => {})
  const remote = Comlink.wrap<EngineApi>(worker)
  return { api: guard(remote, crashed), crashed, terminate: () => worker.terminate() }
}

/** The part of the Trusted Types API used here; some browsers lack it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** Of the service worker (src/offline); at the top, since it answers for what lies below it. */
const offlineAddress = './sw.js'

/** The page's policy lets nothing but this make a script out of a text, and this makes them out of two texts alone. */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('bitloom', {
  createScriptURL: (url) => {
    if (url !== address && url !== offlineAddress) throw new TypeError(`no script of this page: ${url}`)
    return url
  },
})

const workerAddress = () => policy?.createScriptURL(address) ?? address

export const serviceWorkerAddress = () => policy?.createScriptURL(offlineAddress) ?? offlineAddress

/** The remote as a plain EngineApi: callbacks become proxies, and every call also ends when the worker does. */
function guard(remote: Comlink.Remote<EngineApi>, crashed: Promise<never>): EngineApi {
  const orCrashed = unless(crashed)
  const or = <T>(call: Promise<unknown>) => orCrashed(call as Promise<T>)
  return {
    start: () => {
      // A worker may see an adapter that the page has switched off; the page's word counts.
      if (!('gpu' in navigator) || !navigator.gpu) return Promise.reject(withoutWebGpu())
      return or(remote.start())
    },
    methods: () => or(remote.methods()),
    offerFiles: (files, reset, folder) => or(remote.offerFiles(files, reset, folder)),
    openBundled: (name, onProgress) => or(remote.openBundled(name, Comlink.proxy(onProgress))),
    openCached: (folder, name) => or(remote.openCached(folder, name)),
    hub: guardHub(remote.hub as unknown as Comlink.Remote<HubApi>, or),
    view: guardView(remote.view as unknown as Comlink.Remote<ViewApi>, or),
    lookAtPile: () => or(remote.lookAtPile()),
    forecast: (recipe) => or(remote.forecast(recipe)),
    runs: guardRuns(remote.runs as unknown as Comlink.Remote<RunsApi>, or),
    archive: guardArchive(remote.archive as unknown as Comlink.Remote<ArchiveApi>, or),
    origin: () => or(remote.origin()),
    reopenRun: (folder) => or(remote.reopenRun(folder)),
    quantize: (recipe, calibration, onProgress, kept) =>
      or(remote.quantize(recipe, calibration, Comlink.proxy(onProgress), kept)),
    pause: () => or(remote.pause()),
    resume: () => or(remote.resume()),
    cancel: () => or(remote.cancel()),
    perplexity: (which, text, options, onProgress) =>
      or(remote.perplexity(which, text, options, Comlink.proxy(onProgress))),
    divergence: (text, options, onProgress) => or(remote.divergence(text, options, Comlink.proxy(onProgress))),
    scan: (text, options, onProgress) => or(remote.scan(text, options, Comlink.proxy(onProgress))),
    inspectTask: (file) => or(remote.inspectTask(file)),
    zeroShot: (which, file, options, onProgress) =>
      or(remote.zeroShot(which, file, options, Comlink.proxy(onProgress))),
    generate: (which, prompt, options, onText) => or(remote.generate(which, prompt, options, Comlink.proxy(onText))),
    matrix: guardMatrix(remote.matrix as unknown as Comlink.Remote<MatrixApi>, or),
    distributions: (module, extent) => or(remote.distributions(module, extent)),
    benchmarks: () => or(remote.benchmarks()),
    benchmark: (options, onProgress) => or(remote.benchmark(options, Comlink.proxy(onProgress))),
    download: (format) => or(remote.download(format)),
    exportFacts: (format) => or(remote.exportFacts(format)),
    verify: (format, measured, onProgress) => or(remote.verify(format, measured, Comlink.proxy(onProgress))),
  }
}

/** The same for its dealings with the Hub. */
const guardHub = (remote: Comlink.Remote<HubApi>, or: <T>(call: Promise<unknown>) => Promise<T>): HubApi => ({
  look: (address, access) => or(remote.look(address, access)),
  describe: (wish, access) => or(remote.describe(wish, access)),
  fetch: (wish, access, onProgress) => or(remote.fetch(wish, access, Comlink.proxy(onProgress))),
  push: (wish, access, onProgress) => or(remote.push(wish, access, Comlink.proxy(onProgress))),
  stop: (work) => or(remote.stop(work)),
  cached: () => or(remote.cached()),
  clear: (folder) => or(remote.clear(folder)),
  text: (name, access, onProgress) => or(remote.text(name, access, Comlink.proxy(onProgress))),
})

const guardRuns = (remote: Comlink.Remote<RunsApi>, or: <T>(call: Promise<unknown>) => Promise<T>): RunsApi => ({
  list: () => or(remote.list()),
  forget: (id) => or(remote.forget(id)),
})

type Or = <T>(call: Promise<unknown>) => Promise<T>

const guardArchive = (remote: Comlink.Remote<ArchiveApi>, or: Or): ArchiveApi => ({
  list: () => or(remote.list()),
  read: (id) => or(remote.read(id)),
  add: (run) => or(remote.add(run)),
  change: (id, change) => or(remote.change(id, change)),
  remove: (ids) => or(remote.remove(ids)),
  dropResults: (ids) => or(remote.dropResults(ids)),
  removeDamaged: () => or(remote.removeDamaged()),
  exportRuns: (ids) => or(remote.exportRuns(ids)),
  importRuns: (file) => or(remote.importRuns(file)),
})

const guardMatrix = (remote: Comlink.Remote<MatrixApi>, or: Or): MatrixApi => ({
  open: (module) => or(remote.open(module)),
  stored: (module) => or(remote.stored(module)),
  rows: (module) => or(remote.rows(module)),
  image: (request) => or(remote.image(request)),
  cells: (module, rows, columns) => or(remote.cells(module, rows, columns)),
  compare: (other) => or(remote.compare(other)),
  compares: () => or(remote.compares()),
})

const guardView = (remote: Comlink.Remote<ViewApi>, or: Or): ViewApi => ({
  picture: (wish, onProgress) => or(remote.picture(wish, Comlink.proxy(onProgress))),
  stop: () => or(remote.stop()),
})

const withoutWebGpu = () =>
  new GpuUnavailableError(
    'gpu: expected WebGPU, got a browser without it — use Chrome or Edge 121+, Safari 26+, or Firefox 141+ on Windows or macOS',
  )

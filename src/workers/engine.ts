import type { RunHead } from '../archived-run'
import { FormatError, GpuUnavailableError, invariant, type StorageError } from '../errors'
import { type ByteSource, blobSource } from '../formats/bytes'
import { plainName } from '../formats/file-name'
import { WIDTHS } from '../formats/quantized'
import { isSideFile } from '../formats/side-files'
import { assess } from '../formats/source'
import { openViewed } from '../formats/viewed'
import { zipStream } from '../formats/zip'
import { assumedGpu, type Gpu } from '../gpu/device'
import { describeMethod } from '../methods/options'
import { methods } from '../methods/registry'
import type { WeightSource } from '../models/weights'
import { continueText } from '../pipeline/continue'
import type { Extent } from '../pipeline/distributions'
import { divergence } from '../pipeline/divergence'
import { type ExportFacts, type ExportFormat, exportAs, exportFacts, type Outcome } from '../pipeline/exports'
import { fingerprintOf, modelDigest } from '../pipeline/fingerprint'
import { forecastOf, forecastRun, inspect } from '../pipeline/inspect'
import { whyOnlyLook } from '../pipeline/only-look'
import { type OpenedModel, openFiles, quantizedWeights, weightsOf } from '../pipeline/opened'
import { PauseSwitch } from '../pipeline/pause'
import { perplexity } from '../pipeline/perplexity'
import { quantize } from '../pipeline/quantize'
import { reopen } from '../pipeline/reopen'
import type { Scalings } from '../pipeline/scaling'
import { scan } from '../pipeline/scan'
import { perplexitiesAgree, verifyTensors } from '../pipeline/verify'
import { zeroShot } from '../pipeline/zero-shot'
import { readTask } from '../pipeline/zero-shot-task'
import type { Recipe, RunForecast, RunReport } from '../records'
import type { Scratch } from '../storage/scratch'
import type { EngineApi, OpenResult } from './api'
import { fetchBundled } from './bundled'
import type { EngineDevice } from './engine-device'
import { HubDesk } from './hub-desk'
import { LookDesk } from './look-desk'
import { MatrixDesk } from './matrix-desk'
import { opfsStore } from './opfs-store'
import { pageRoom, withScratch } from './page-room'
import { remembering } from './remembering'
import { acrossTabs, RunArchive, tellTabs } from './run-archive'
import { breakOff, type HeldRun, RunDesk } from './run-desk'
import type { ModelHome, ResultOrigin } from './runs-api'
import { ViewDesk } from './view-desk'

/** A result: codes of every linear, from a run just done or from a packed file. */
interface Result extends Outcome {
  /** How the open model's weights compare with those of the codes. */
  readonly scalings: Scalings
}

/** The engine behind the page: one device, one open model, one result. Knows no page and no worker; see engine.worker.ts. */
export class Engine implements EngineApi {
  #pile: ByteSource[] = []
  /** What the folder was called that the pile came in. */
  #folder: string | null = null
  #model: OpenedModel | null = null
  #result: Result | null = null
  #work: AbortController | null = null
  /** Settles when the device has been measured, where a forecast is doing that. */
  #forecast: Promise<unknown> | null = null
  /** Of the run under way. */
  #pause: PauseSwitch | null = null
  readonly hub = new HubDesk({
    store: opfsStore('hub'),
    gpu: () => this.#gpu?.info ?? assumedGpu,
    result: async (format) => (await exportAs(format, this.#quantized())).files,
  })

  readonly view = new ViewDesk()

  readonly #runStore = opfsStore('runs')
  readonly matrix = new MatrixDesk(() => {
    const result = this.#quantized()
    const original = (name: string) => this.#opened().source.tensors.get(`${name}.weight`)
    return { of: result, model: result.model, looked: { ...result, original } }
  }, this.#runStore)
  // a person who moves in a map waits for its picture, not for what is counted beside it
  readonly #looks = new LookDesk(() => this.matrix.idle())
  readonly runs = new RunDesk(this.#runStore)
  readonly archive = new RunArchive({
    store: opfsStore('archive'),
    alone: acrossTabs,
    // a result that a tab shows stays as long as it does; this tab need not ask itself
    forget: async (folder) => (this.#held?.folder.name === folder ? 0 : this.runs.discard(folder).catch(() => 0)),
    onChange: tellTabs,
  })
  /** Where the result's linears are. */
  #held: HeldRun | null = null
  #home: ModelHome = { from: 'files', names: [] }

  constructor(private readonly device: EngineDevice) {}

  async start() {
    return this.device.start()
  }

  async methods() {
    return methods.map(describeMethod)
  }

  async offerFiles(files: File[], reset: boolean, folder: string | null): Promise<OpenResult> {
    const fresh = files.map((file) => blobSource(file, file.name))
    const pile = [...(reset ? [] : this.#pile), ...fresh]
    const assessment = await assess(pile)
    if (assessment.state === 'unknown') throw new FormatError(assessment.reason)
    if (assessment.state === 'incomplete') {
      // A file that is no model's would vanish without a word in a pile that waits for others.
      const alone = fresh.some(({ name }) => isSideFile(name)) ? assessment : await assess(fresh)
      if (alone.state === 'unknown') throw new FormatError(alone.reason)
      const reason = await whyOnlyLook(pile)
      if (reason !== null) return this.#look(pile, folder ?? nameOf(pile), reason)
      this.#pile = pile
      this.#folder = folder
      return assessment
    }
    const opened = await this.#open(pile, folder ?? nameOf(pile), {
      from: 'files',
      names: pile.map(({ name }) => name),
    })
    this.#pile = []
    return opened
  }

  async lookAtPile(): Promise<OpenResult> {
    const assessment = await assess(this.#pile)
    const missing = assessment.state === 'incomplete' ? assessment.missing : []
    return this.#look(this.#pile, this.#folder ?? nameOf(this.#pile), `${listed(missing)} missing`)
  }

  async openBundled(name: string, onProgress: Parameters<EngineApi['openBundled']>[1]): Promise<OpenResult> {
    return this.#open(await fetchBundled(name, onProgress), name, { from: 'page', name })
  }

  async openCached(folder: string, name: string): Promise<OpenResult> {
    return this.#open(await this.hub.files(folder), name, { from: 'hub', folder, name })
  }

  async forecast(recipe: Recipe): Promise<RunForecast> {
    const model = this.#opened()
    const gpu = this.#gpu
    // a device at work would be measured as a slow one
    const room = await pageRoom()
    if (!gpu || this.#work) return { ...forecastOf(model, recipe, gpu?.info ?? assumedGpu, room), seconds: null }
    const forecast = forecastRun(model, recipe, gpu, room)
    this.#forecast = forecast.catch(() => {})
    return forecast
  }

  quantize: EngineApi['quantize'] = async (recipe, calibration, onProgress, kept = null) => {
    const pause = new PauseSwitch()
    this.#pause = pause
    try {
      return await this.#busy(async (signal) => {
        const [gpu, model] = [this.#device(), this.#opened()]
        const about = { model: model.name, home: this.#home, recipe, layers: model.spec.layers, begun: Date.now() }
        const held = await this.runs.take(await fingerprintOf(gpu, model, recipe, calibration), about, kept)
        const onRefused = async ({ message }: StorageError) => {
          pause.pause()
          onProgress({ type: 'refused', text: message })
          await pause.wait(signal)
        }
        const request = { recipe, calibration, signal, pause, onProgress, folder: held.folder, onRefused }
        const room = await pageRoom()
        const work = (scratch: Scratch) => quantize(gpu, model, { ...request, room, scratch })
        const result = await withScratch(work).catch(async (error) => {
          await breakOff(held)
          throw error
        })
        await this.#letGo()
        this.#held = held
        this.#result = { model, ...result }
        return result.report
      })
    } finally {
      this.#pause = null
    }
  }

  async origin(): Promise<ResultOrigin | null> {
    if (!this.#result || !this.#held) return null
    const { folder } = this.#held
    const { fingerprint } = (await folder.description()) ?? {}
    const kept = folder.store === this.#runStore
    return {
      model: fingerprint?.model ?? (await modelDigest(this.#opened())),
      home: this.#home,
      folder: kept ? folder.name : null,
      bytes: (await folder.holds()).bytes,
    }
  }

  reopenRun(id: string): Promise<RunReport> {
    return this.#busy(async () => {
      const model = this.#opened()
      const held = await this.runs.hold(id)
      try {
        const result = await reopen(model, held.folder)
        await this.#letGo()
        this.#held = held
        this.#result = { model, ...result }
        return result.report
      } catch (error) {
        held.release()
        throw error
      }
    })
  }

  async pause() {
    this.#pause?.pause()
  }

  async resume() {
    this.#pause?.resume()
  }

  async cancel() {
    this.#work?.abort()
    await this.hub.stop('text')
  }

  perplexity: EngineApi['perplexity'] = (which, text, options, onProgress) =>
    this.#busy((signal) => {
      const request = { text, ...options, signal, onProgress }
      return perplexity(this.#device(), this.#opened(), this.#weights(which), request)
    })

  divergence: EngineApi['divergence'] = (text, options, onProgress) =>
    this.#busy((signal) => {
      const model = this.#opened()
      const side = (which: 'original' | 'quantized') => ({ model, weights: this.#weights(which) })
      const sides = { original: side('original'), quantized: side('quantized') }
      return divergence(this.#device(), sides, { text, ...options, signal, onProgress })
    })

  scan: EngineApi['scan'] = (text, { bits, ...options }, onProgress) =>
    this.#busy((signal) => {
      const width = WIDTHS.find((known) => known === bits)
      invariant(width, () => `a scan at ${bits} bits`)
      const request = { text, ...options, widths: [width], symmetric: false, signal, onProgress }
      return scan(this.#device(), this.#opened(), request)
    })

  async inspectTask(file: File) {
    const { name, kind, items } = await readTask(blobSource(file, file.name))
    return { name, kind, items: items.length }
  }

  zeroShot: EngineApi['zeroShot'] = (which, file, { limit, stored }, onProgress) =>
    this.#busy(async (signal) => {
      const task = await readTask(blobSource(file, file.name), limit)
      const request = { task, stored, signal, onProgress }
      return zeroShot(this.#device(), this.#opened(), this.#weights(which), request)
    })

  generate: EngineApi['generate'] = (which, prompt, options, onText) =>
    this.#busy((signal) =>
      continueText(this.#device(), this.#opened(), this.#weights(which), { ...options, prompt, signal, onText }),
    )

  async distributions(module: string, extent: Extent) {
    const result = this.#quantized()
    const { source, packed } = this.#opened()
    return this.#looks.distributions(module, extent, async () => ({
      linear: await result.linear(module),
      original: packed ? null : (source.tensors.get(`${module}.weight`) ?? null),
      whole: source.transposed?.has(module) === true,
      scaling: result.scalings.get(module),
    }))
  }

  // the code of the benchmark is loaded when it is first asked for: most people never do
  async benchmarks() {
    const { benchmarkDevice, benchmarkGroups } = await import('./benchmark')
    return { groups: benchmarkGroups(), device: this.#gpu && benchmarkDevice(this.#gpu, this.device.readyAt) }
  }

  benchmark: EngineApi['benchmark'] = (options, onProgress) =>
    this.#busy(async (signal) => {
      const { benchmark } = await import('./benchmark')
      await benchmark(this.#device(), { ...options, signal, onProgress })
    })

  async download(format: ExportFormat) {
    const { name } = this.#opened()
    const { files, alone } = await exportAs(format, this.#quantized())
    const [only] = files
    if (alone && only) return { name: only.name, stream: streamOf(only.chunks), size: only.size }
    const folder = `${plainName(name)}-${format}`
    return { name: `${folder}.zip`, ...zipStream(folder, files) }
  }

  async exportFacts(format: ExportFormat): Promise<ExportFacts> {
    return exportFacts(format, this.#quantized())
  }

  verify: EngineApi['verify'] = (format, measured, onProgress) =>
    this.#busy(async (signal) => {
      const result = this.#quantized()
      const { files } = await exportAs(format, result)
      const written: ByteSource[] = []
      // a blob of a stream may lie on the disk: what is compared need not fit into memory
      for (const { name, chunks } of files) written.push(blobSource(await new Response(streamOf(chunks)).blob(), name))
      const exported = await openFiles(written, this.#opened().name)
      const verification = await verifyTensors(result, exported, { signal, onProgress })
      const gpu = this.#gpu
      const { different } = verification
      if (!measured || !gpu) return { verification, perplexity: null, equal: different === 0 }
      const { text, options } = measured
      const measure = async (model: OpenedModel, weights: WeightSource) =>
        (await perplexity(gpu, model, weights, { text, ...options, signal, onProgress })).perplexity
      const run = await measure(this.#opened(), this.#weights('quantized'))
      const file = await measure(exported, weightsOf(gpu, exported))
      const equal = different === 0 && perplexitiesAgree(verification, run, file)
      return { verification, perplexity: { run, file }, equal }
    })

  /** Forgets the result's run: another has taken its place. */
  async #letGo(): Promise<void> {
    this.#looks.forget()
    const held = this.#held
    this.#held = null
    const isIt = ({ result }: RunHead) => result?.kept === true && result.folder === held?.folder.name
    const { runs } = held ? await this.archive.list().catch(() => ({ runs: [] })) : { runs: [] }
    if (!runs.some(isIt)) await held?.folder.remove().catch(() => {}) // then it is listed, and can be deleted
    held?.release()
  }

  /** Opens a whole pile; what was open stays until everything has been checked. */
  async #open(pile: ByteSource[], name: string, home: ModelHome): Promise<OpenResult> {
    const opened = await openFiles(pile, name).catch(async (error) => {
      const reason = error instanceof FormatError ? await whyOnlyLook(pile, error) : null
      if (reason === null) throw error
      return reason
    })
    if (typeof opened === 'string') return this.#look(pile, name, opened)
    const viewed = await openViewed(pile, name)
    const model = { ...opened, tokenizer: remembering(opened.tokenizer) }
    const { packed } = model
    await this.#letGo()
    this.#model = model
    this.#home = home
    this.#result = packed && { ...packed, model, changed: new Map(), scalings: new Map() }
    this.view.show(viewed)
    const inspection = inspect(model, this.#gpu?.info ?? assumedGpu)
    return { state: 'ready', inspection, report: packed?.report ?? null, view: viewed.facts }
  }

  /** Opens files for looking; a model that was open is not any more. */
  async #look(pile: ByteSource[], name: string, reason: string): Promise<OpenResult> {
    const viewed = await openViewed(pile, name)
    await this.#letGo()
    this.#pile = []
    this.#model = null
    this.#result = null
    this.view.show(viewed)
    return { state: 'view', view: viewed.facts, reason }
  }

  /** One thing at a time: each has the device to itself and can be stopped. */
  async #busy<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    invariant(!this.#work, 'the engine was asked for two things at once')
    this.#work = new AbortController()
    try {
      await this.#forecast
      return await work(this.#work.signal)
    } finally {
      this.#work = null
      this.#gpu?.pool.trim()
    }
  }

  get #gpu(): Gpu | null {
    return this.device.gpu
  }

  #device(): Gpu {
    if (!this.#gpu)
      throw new GpuUnavailableError(
        'engine: expected a GPU for this, got none — open the page in a browser with WebGPU',
      )
    return this.#gpu
  }

  #opened(): OpenedModel {
    if (!this.#model) throw new FormatError('engine: expected an open model, got none — open one first')
    return this.#model
  }

  #quantized(): Result {
    if (!this.#result) throw new FormatError('engine: expected a quantized model, got none — run a recipe first')
    return this.#result
  }

  #weights(which: 'original' | 'quantized'): WeightSource {
    const gpu = this.#device()
    const model = this.#opened()
    if (which === 'quantized') {
      const result = this.#quantized()
      const linearOf = (name: string) => (result.headers.has(name) ? result.linear(name) : null)
      return quantizedWeights(gpu, model, linearOf, result.changed)
    }
    if (model.packed)
      throw new FormatError(
        `${model.name}: expected the original weights, got a packed file without them — open the original checkpoint to compare`,
      )
    return weightsOf(gpu, model)
  }
}

/** 'config.json and tokenizer.json are'. */
function listed(names: readonly string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 4), `${names.length - 4} more`] : names
  const last = shown.at(-1) ?? 'nothing'
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${last} are` : `${last} is`
}

/** Files without a folder are called after their weights. */
function nameOf(pile: readonly ByteSource[]): string {
  const weights = pile.find(({ name }) => /\.(safetensors|gguf)$/i.test(name))?.name
  return weights?.replace(/((\.bitloom)?\.safetensors|(-\d{5}-of-\d{5})?\.gguf)$/i, '') ?? 'model'
}

/** A stream that makes each chunk when it is asked for. */
function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}

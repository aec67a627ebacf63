import { FormatError, GpuUnavailableError, invariant } from '../errors'
import { packedFileName } from '../formats/bitloom/names'
import { writeBitloom } from '../formats/bitloom/write'
import { type ByteSource, blobSource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { exportFp16, type OutputFile } from '../formats/export-fp16'
import type { ChangedTensors, QuantizedLinear } from '../formats/quantized'
import { salientMask } from '../formats/salient'
import { isSideFile } from '../formats/side-files'
import { assess, toFloat32 } from '../formats/source'
import { zipStream } from '../formats/zip'
import { assumedGpu, type Gpu, requestGpu } from '../gpu/device'
import { tune } from '../kernels/tuning'
import { describeMethod } from '../methods/options'
import { methods } from '../methods/registry'
import type { WeightSource } from '../models/weights'
import { continueText } from '../pipeline/continue'
import { forecastOf, forecastRun, inspect } from '../pipeline/inspect'
import { type OpenedModel, openFiles, quantizedWeights, weightsOf } from '../pipeline/opened'
import { PauseSwitch } from '../pipeline/pause'
import { perplexity } from '../pipeline/perplexity'
import { quantize } from '../pipeline/quantize'
import { type Scalings, scaledWindow } from '../pipeline/scaling'
import { zeroShot } from '../pipeline/zero-shot'
import { readTask } from '../pipeline/zero-shot-task'
import type { Recipe, RunForecast, RunReport } from '../records'
import type { EngineApi, OpenResult } from './api'
import { fetchBundled } from './bundled'
import { HubDesk } from './hub-desk'
import { opfsStore } from './opfs-store'
import { remembering } from './remembering'
import { tuningCache } from './tuning-cache'

/** A result: codes of every linear, from a run just done or from a packed file. */
interface Result {
  readonly report: RunReport
  readonly names: readonly string[]
  linear(name: string): Promise<QuantizedLinear>
  /** Other parameters that the run changed; none where the open model's own are the result's. */
  readonly changed: ChangedTensors
  /** How the open model's weights compare with those of the codes. */
  readonly scalings: Scalings
}

/** The engine behind the page: one device, one open model, one result. Knows no page and no worker; see engine.worker.ts. */
export class Engine implements EngineApi {
  #gpu: Gpu | null = null
  /** When it was there, in milliseconds since 1970. */
  #readyAt = 0
  #pile: ByteSource[] = []
  #model: OpenedModel | null = null
  #result: Result | null = null
  #work: AbortController | null = null
  /** Settles when the device has been measured, where a forecast is doing that. */
  #forecast: Promise<unknown> | null = null
  /** Of the run under way. */
  #pause: PauseSwitch | null = null
  readonly hub = new HubDesk({
    store: opfsStore(),
    gpu: () => this.#gpu?.info ?? assumedGpu,
    result: (what) => this.#resultFiles(what),
  })

  constructor(private readonly api: GPU | undefined) {}

  async start() {
    this.#gpu = await requestGpu(this.api)
    await tune(this.#gpu, tuningCache)
    this.#readyAt = performance.timeOrigin + performance.now()
    return this.#gpu.info
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
      this.#pile = pile
      return assessment
    }
    const opened = await this.#open(pile, folder ?? nameOf(pile))
    this.#pile = []
    return opened
  }

  async openBundled(name: string, onProgress: Parameters<EngineApi['openBundled']>[1]): Promise<OpenResult> {
    return this.#open(await fetchBundled(name, onProgress), name)
  }

  async openCached(folder: string, name: string): Promise<OpenResult> {
    return this.#open(await this.hub.files(folder), name)
  }

  async forecast(recipe: Recipe): Promise<RunForecast> {
    const model = this.#opened()
    const gpu = this.#gpu
    // a device at work would be measured as a slow one
    if (!gpu || this.#work) return { ...forecastOf(model, recipe, gpu?.info ?? assumedGpu), seconds: null }
    const forecast = forecastRun(model, recipe, gpu)
    this.#forecast = forecast.catch(() => {})
    return forecast
  }

  quantize: EngineApi['quantize'] = async (recipe, calibration, onProgress) => {
    const pause = new PauseSwitch()
    this.#pause = pause
    try {
      return await this.#busy(async (signal) => {
        const request = { recipe, calibration, signal, pause, onProgress }
        const { linears, report, ...rest } = await quantize(this.#device(), this.#opened(), request)
        this.#result = { report, names: [...linears.keys()], linear: async (name) => linears.get(name)!, ...rest }
        return report
      })
    } finally {
      this.#pause = null
    }
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

  async weights(module: string, window: Parameters<EngineApi['weights']>[1]) {
    const { row, rows, column, columns } = window
    const result = this.#quantized()
    const linear = await result.linear(module)
    invariant(row + rows <= linear.out && column + columns <= linear.in, `window outside of ${module}`)
    const cut = <T extends Float32Array | Uint8Array>(values: T, first: number, part: T): T => {
      for (let r = 0; r < rows; r++) {
        const at = (row - first + r) * linear.in + column
        part.set(values.subarray(at, at + columns), r * columns)
      }
      return part
    }
    const size = rows * columns
    const entry = this.#opened().source.tensors.get(`${module}.weight`)
    const original = entry ? toFloat32(await entry.read({ start: row, end: row + rows }), entry.dtype) : null
    const scaling = result.scalings.get(module)
    const before = original && cut<Float32Array>(original, row, new Float32Array(size))
    const mask = salientMask(linear)
    return {
      ...{ rows, columns, rescaled: scaling !== undefined },
      original: before && scaling ? scaledWindow(before, window, scaling) : before,
      quantized: cut<Float32Array>(dequantize(linear), 0, new Float32Array(size)),
      salient: mask && cut<Uint8Array>(mask, 0, new Uint8Array(size)),
    }
  }

  // the code of the benchmark is loaded when it is first asked for: most people never do
  async benchmarks() {
    const { benchmarkDevice, benchmarkGroups } = await import('./benchmark')
    return { groups: benchmarkGroups(), device: this.#gpu && benchmarkDevice(this.#gpu, this.#readyAt) }
  }

  benchmark: EngineApi['benchmark'] = (options, onProgress) =>
    this.#busy(async (signal) => {
      const { benchmark } = await import('./benchmark')
      await benchmark(this.#device(), { ...options, signal, onProgress })
    })

  async download(what: 'packed' | 'fp16') {
    if (what === 'packed') {
      const { name, size, chunks } = await this.#packedFile()
      return { name, stream: streamOf(chunks), size }
    }
    const { name } = this.#opened()
    const { size, stream } = zipStream(`${name}-fp16`, await this.#resultFiles(what))
    return { name: `${name}-fp16.zip`, stream, size }
  }

  async #packedFile() {
    const result = this.#quantized()
    const linears = await Promise.all(result.names.map((linear) => result.linear(linear)))
    const file = writeBitloom(this.#opened().source, linears, result.report, result.changed)
    return { name: packedFileName(result.report), ...file }
  }

  /** What a download or an upload consists of. */
  async #resultFiles(what: 'packed' | 'fp16'): Promise<OutputFile[]> {
    if (what === 'packed') return [await this.#packedFile()]
    const result = this.#quantized()
    const linears = await Promise.all(result.names.map((linear) => result.linear(linear)))
    const dense = new Map(
      linears.map((linear) => [
        linear.name,
        { out: linear.out, in: linear.in, weights: async () => dequantize(linear) },
      ]),
    )
    return exportFp16(this.#opened().source, dense, result.changed)
  }

  /** Opens a whole pile; what was open stays until everything has been checked. */
  async #open(pile: ByteSource[], name: string): Promise<OpenResult> {
    const opened = await openFiles(pile, name)
    const model = { ...opened, tokenizer: remembering(opened.tokenizer) }
    const { packed } = model
    this.#model = model
    this.#result = packed && {
      report: packed.report,
      names: packed.names,
      linear: (linear) => packed.linear(linear),
      changed: new Map(),
      scalings: new Map(),
    }
    const inspection = inspect(model, this.#gpu?.info ?? assumedGpu)
    return { state: 'ready', inspection, report: packed?.report ?? null }
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
      return quantizedWeights(gpu, model, (name) => result.linear(name), result.changed)
    }
    if (model.packed)
      throw new FormatError(
        `${model.name}: expected the original weights, got a packed file without them — open the original checkpoint to compare`,
      )
    return weightsOf(gpu, model)
  }
}

/** Files without a folder are called after their weights. */
function nameOf(pile: readonly ByteSource[]): string {
  const weights = pile.find(({ name }) => name.endsWith('.safetensors'))?.name
  return weights?.replace(/(\.bitloom)?\.safetensors$/, '') ?? 'model'
}

/** A stream that makes each chunk when it is asked for. */
function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return(undefined)
    },
  })
}

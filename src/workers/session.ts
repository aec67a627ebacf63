import type { RunHead } from '../archived-run'
import { FormatError, GpuUnavailableError } from '../errors'
import type { Scalings } from '../formats/quantized'
import type { Viewed } from '../formats/viewed'
import { assumedGpu, type Gpu, type GpuInfo } from '../gpu/device'
import type { WeightSource } from '../models/weights'
import type { DistributionSource } from '../pipeline/distributions'
import type { Outcome } from '../pipeline/exports'
import { type OpenedModel, quantizedWeights, weightsOf } from '../pipeline/opened'
import type { QuantizedModel } from '../pipeline/outcome'
import { acrossTabs, tellTabs } from './archive-tabs'
import { DistributionDesk } from './distribution-desk'
import type { EngineDevice } from './engine-device'
import { MatrixDesk } from './matrix-desk'
import { OneAtATime } from './one-at-a-time'
import { opfsStore } from './opfs-store'
import { RunArchive } from './run-archive'
import { type HeldRun, RunDesk } from './run-desk'
import type { ModelHome } from './runs-api'
import { ViewDesk } from './view-desk'

/** A result: codes of every linear, from a run just done or from a packed file. */
export interface Result extends Outcome {
  /** How the open model's weights compare with those of the codes. */
  readonly scalings: Scalings
}

/** What the parts of the engine share: one device, one open model, one result, and one work at a time. */
export class Session {
  #model: OpenedModel | null = null
  #home: ModelHome = { from: 'files', names: [] }
  #result: Result | null = null
  #held: HeldRun | null = null

  readonly works = new OneAtATime(() => this.gpu?.pool.trim())
  readonly view = new ViewDesk()
  readonly #runStore = opfsStore('runs')
  readonly matrix = new MatrixDesk(() => {
    const result = this.result()
    const original = (name: string) => this.model().source.tensors.get(`${name}.weight`)
    return { of: result, model: result.model, looked: { ...result, original } }
  }, this.#runStore)
  // a person who moves in a map waits for its picture, not for what is counted beside it
  readonly distributions = new DistributionDesk(
    (module) => this.#distributionSource(module),
    () => this.matrix.idle(),
  )
  readonly runs = new RunDesk(this.#runStore)
  readonly archive = new RunArchive({
    store: opfsStore('archive'),
    alone: acrossTabs,
    // a result that a tab shows stays as long as it does; this tab need not ask itself
    forget: async (folder) => (this.#held?.folder.name === folder ? 0 : this.runs.discard(folder).catch(() => 0)),
    onChange: tellTabs,
  })

  constructor(private readonly host: EngineDevice) {}

  get gpu(): Gpu | null {
    return this.host.gpu
  }

  /** Of the device; where there is none, what WebGPU guarantees. */
  get gpuInfo(): GpuInfo {
    return this.gpu?.info ?? assumedGpu
  }

  get home(): ModelHome {
    return this.#home
  }

  /** Where the result's linears are; null for those of a file. */
  get held(): HeldRun | null {
    return this.#held
  }

  device(): Gpu {
    if (!this.gpu)
      throw new GpuUnavailableError(
        'engine: expected a GPU for this, got none — open the page in a browser with WebGPU',
      )
    return this.gpu
  }

  model(): OpenedModel {
    if (!this.#model) throw new FormatError('engine: expected an open model, got none — open one first')
    return this.#model
  }

  result(): Result {
    if (!this.#result) throw new FormatError('engine: expected a quantized model, got none — run a recipe first')
    return this.#result
  }

  /** Of the open model, or of the result made of it. */
  weights(which: 'original' | 'quantized'): WeightSource {
    const gpu = this.device()
    const model = this.model()
    if (which === 'quantized') {
      const result = this.result()
      const linearOf = (name: string) => (result.headers.has(name) ? result.linear(name) : null)
      return quantizedWeights(gpu, model, linearOf, result.changed)
    }
    if (model.packed)
      throw new FormatError(
        `${model.name}: expected the original weights, got a packed file without them — open the original checkpoint to compare`,
      )
    return weightsOf(gpu, model)
  }

  /** Takes the place of what was open; a packed model is its own result. */
  async open(model: OpenedModel, home: ModelHome, viewed: Viewed): Promise<void> {
    const { packed } = model
    await this.#letGo()
    this.#model = model
    this.#home = home
    this.#result = packed && { ...packed, model, changed: new Map(), scalings: new Map() }
    this.view.show(viewed)
  }

  /** Shows files that are no model which runs; one that was open is not any more. */
  async look(viewed: Viewed): Promise<void> {
    await this.#letGo()
    this.#model = null
    this.#result = null
    this.view.show(viewed)
  }

  /** Shows the result of a run of the open model. */
  async take(held: HeldRun, model: OpenedModel, result: QuantizedModel): Promise<void> {
    await this.#letGo()
    this.#held = held
    this.#result = { model, ...result }
  }

  /** Forgets the result's run: another has taken its place. */
  async #letGo(): Promise<void> {
    this.distributions.forget()
    const held = this.#held
    this.#held = null
    const isIt = ({ result }: RunHead) => result?.kept === true && result.folder === held?.folder.name
    const { runs } = held ? await this.archive.list().catch(() => ({ runs: [] })) : { runs: [] }
    if (!runs.some(isIt)) await held?.folder.remove().catch(() => {}) // then it is listed, and can be deleted
    held?.release()
  }

  async #distributionSource(module: string): Promise<DistributionSource> {
    const result = this.result()
    const { source, packed } = this.model()
    return {
      linear: await result.linear(module),
      original: packed ? null : (source.tensors.get(`${module}.weight`) ?? null),
      whole: source.transposed?.has(module) === true,
      scaling: result.scalings.get(module),
    }
  }
}

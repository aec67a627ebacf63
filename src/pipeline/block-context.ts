import { invariant, NumericalError } from '../errors'
import { effectiveBits } from '../formats/bits'
import { widthsOf } from '../formats/column-rule'
import type { QuantizedLinear, Scaling } from '../formats/quantized'
import { salientShares } from '../formats/salient'
import { signColumnBits } from '../formats/sign'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { dequantizeInto, freeLinear, uploadLinear } from '../kernels/dequantize'
import { type Later, later } from '../later'
import type { Hessian } from '../linalg/hessian'
import type { MethodEvent, QuantizedModule, Samples, WorkingBlock } from '../methods/method'
import type { CausalModel } from '../models/causal-model'
import { feedOf } from '../models/feeds'
import { linearName, parameterName } from '../models/required-tensors'
import type { RopeTables } from '../models/rope-tables'
import type { LinearSpec, ModelSpec } from '../models/spec'
import type { BlockWeights, LinearWeights, Role } from '../models/weights'
import type { ModuleRecord, Phase } from '../records'
import { checkCancelled } from './batching'
import { BlockHessians } from './block-hessians'
import { type ErrorLanes, readModuleError, recordModuleError } from './module-error'
import type { PauseSwitch } from './pause'
import { placed, rescaled } from './rescale'
import { samplesBetween } from './samples'
import { scaledAgain } from './scaling'
import type { HiddenStream } from './streams'

/** What a block under quantization stands in. */
export interface BlockSetting {
  readonly layer: number
  readonly seed: number
  /** Inputs from the stream that went through everything quantized so far; null for methods without data. */
  readonly stream: HiddenStream | null
  /** The stream through the original blocks: before this one where the method compares the two, else behind it. */
  readonly originalStream: HiddenStream | null
  /** Whether it compares; the original weights then stay to the end. */
  readonly compares: boolean
  readonly pause: PauseSwitch
  readonly signal: AbortSignal | undefined
  readonly report: (event: MethodEvent) => void
  /** Told what the block is at: Hessians, or the method's own work. */
  readonly enter?: (phase: Phase) => void
}

/** One decoder block under quantization: what a method sees of it, and what becomes of the linears it hands over. */
export class CalibratedBlock implements WorkingBlock {
  readonly model: ModelSpec
  readonly rope: RopeTables
  readonly layer: number
  readonly seed: number
  readonly report: (event: MethodEvent) => void
  readonly weights: BlockWeights
  readonly #hessians: BlockHessians | null
  readonly #finished = new Set<Role>()
  /** Full names of parameters other than linears' weights that are not the checkpoint's any more. */
  readonly #changed = new Map<string, () => Tensor>()
  /** Of linears that `rescale` has multiplied. */
  readonly scalings = new Map<string, Scaling>()
  /** Bound, since methods hand it on. */
  readonly checkCancelled = (): void => checkCancelled(this.setting.signal)
  /** Seconds spent on Hessians, to be told apart from the method's own. */
  calibrationSeconds = 0

  /** @param original the caller's to free; holds the block's tensors that are alive after `takeOver`. */
  constructor(
    readonly gpu: Gpu,
    causal: CausalModel,
    private readonly original: BlockWeights,
    private readonly setting: BlockSetting,
  ) {
    this.model = causal.spec
    this.rope = causal.rope
    this.layer = setting.layer
    this.seed = setting.seed
    this.report = setting.report
    this.weights = { ...original, linears: { ...original.linears } }
    const { stream, originalStream, compares, signal } = setting
    const compared = compares ? originalStream : null
    this.#hessians = stream && new BlockHessians(gpu, this.model, stream, compared, () => this.checkpoint(), signal)
  }

  nameOf(linear: LinearSpec): string {
    return linearName(this.layer, linear)
  }

  weight(linear: LinearSpec): Tensor {
    return this.weights.linears[linear.role].weight
  }

  async hessians(stages: readonly number[]): Promise<ReadonlyMap<number, Hessian>> {
    invariant(this.#hessians, 'a method without calibration asks for Hessians')
    const { pause, enter } = this.setting
    const started = pause.now()
    enter?.('calibrate')
    const { weights, original } = this
    const attentionFinished =
      !this.model.parallel && this.model.linears.every(({ stage, role }) => stage > 1 || this.#finished.has(role))
    const taken = await this.#hessians.take(stages, { weights, original, attentionFinished })
    const arrived = Promise.all(stages.map((stage) => this.#hessians?.diagonal(stage)?.value))
    later(arrived.then(() => (this.calibrationSeconds += (pause.now() - started) / 1000)))
    enter?.('quantize')
    return taken
  }

  async rescale(stage: number, scales: Tensor): Promise<void> {
    invariant(this.#finished.size === 0, 'a block is rescaled that has finished linears')
    const { gpu, layer } = this
    const values = await gpu.readF32(scales)
    const bad = values.findIndex((scale) => !(scale > 0 && scale < Number.POSITIVE_INFINITY))
    if (bad >= 0)
      throw new NumericalError(
        `${linearName(layer, this.model.linears.find((linear) => linear.stage === stage)!)}: expected positive finite scales of its columns, got ${values[bad]} in column ${bad} — the calibration data or the weights overflow; use another text`,
      )
    const { linears, norms, replaced } = await rescaled(gpu, this.model, this.weights, stage, scales)
    // nothing is finished: the original is the same block, and has to stay comparable
    for (const block of [this.weights, this.original]) {
      Object.assign(block.linears, linears)
      Object.assign(block, norms)
    }
    gpu.free(...replaced)
    this.#hessians?.drop(stage)
    for (const parameter of this.model.parameters) {
      const { key } = parameter
      if (key in norms) this.#changed.set(parameterName(this.model, layer, parameter), () => this.weights[key]!)
    }
    const feed = feedOf(this.model, stage)
    const divided = values.map((scale) => 1 / scale)
    for (const linear of this.model.linears) {
      if (!linears[linear.role]) continue
      const [name, behind] = [this.nameOf(linear), linear.stage === stage]
      const scaling = behind
        ? { rows: null, columns: values }
        : {
            rows: feed && 'rows' in feed && feed.rows ? placed(divided, feed.rows, linear.out) : divided,
            columns: null,
          }
      this.scalings.set(name, scaledAgain(this.scalings.get(name), scaling))
      if (linear.bias && !behind) this.#changed.set(`${name}.bias`, () => this.weights.linears[linear.role].bias!)
    }
  }

  samples(): Samples {
    const { stream, originalStream, compares } = this.setting
    invariant(stream && originalStream && !compares, 'a method that has no stream behind the block asks for samples')
    invariant(!stream.midway, 'samples are asked for when their stream has left the beginning of the block')
    const { batches } = stream
    return samplesBetween(
      this.gpu,
      batches.map(({ windows }) => windows),
      { length: batches[0]!.length, hidden: this.model.hidden },
      { input: stream.states, target: originalStream.states },
    )
  }

  async checkpoint(): Promise<void> {
    const { pause, signal } = this.setting
    checkCancelled(signal)
    if (!pause.paused) return
    await this.gpu.settle()
    await pause.wait(signal)
  }

  /** What is to say of a module that its method does not know. */
  warningsOf({ spec }: QuantizedModule): string[] {
    return this.#hessians?.warnings(spec.stage) ?? []
  }

  /** Puts a finished linear into the block, from its stored bytes; what is to say of it comes when the GPU is there. */
  async commit(module: QuantizedModule, seconds: number): Promise<Later<ModuleRecord>> {
    const { gpu } = this
    const { spec, linear } = module
    const before = this.weights.linears[spec.role]
    const packed = uploadLinear(gpu, linear)
    const quantized = gpu.alloc([linear.out, linear.in], 'f32', linear.name)
    const rec = gpu.record()
    dequantizeInto(rec, packed, quantized)
    freeLinear(gpu, packed)
    const hessian = this.#hessians?.get(spec.stage)
    const sums = recordModuleError(gpu, rec, before.weight, quantized, hessian?.panels ?? null)
    await gpu.submit(rec)
    const error = readModuleError(gpu, sums)
    const diagonal = this.#hessians?.diagonal(spec.stage) ?? null
    const replaced: LinearWeights = { weight: quantized, bias: before.bias }
    ;(this.weights.linears as Record<Role, LinearWeights>)[spec.role] = replaced
    this.#finished.add(spec.role)
    if (!this.setting.compares) gpu.free(before.weight)
    const told = Promise.all([error.value, diagonal?.value ?? null])
    return later(told.then(([lanes, inputs]) => this.#recordOf(module, seconds, lanes, inputs)))
  }

  #recordOf(
    module: QuantizedModule,
    seconds: number,
    error: ErrorLanes,
    hessian: Float32Array<ArrayBuffer> | null,
  ): ModuleRecord {
    const { spec, linear, damping, deadColumns, warnings } = module
    const worst = Math.max(error.weight, error.output ?? 0)
    if (!Number.isFinite(worst))
      throw new NumericalError(
        `${linear.name}: expected a finite quantization error, got ${worst} — the calibration data or the weights overflow; try more damping`,
      )
    return {
      ...{ name: linear.name, layer: this.layer, role: spec.role, out: linear.out, in: linear.in },
      bits: effectiveBits(linear),
      error: { weight: error.weight, output: error.output },
      ...{ damping, deadColumns, seconds, warnings },
      columns: {
        bits: columnBits(linear),
        error: error.columns,
        hessian,
        factor: module.factor ?? null,
        norm: error.norms,
        salient: salientShares(linear),
      },
      training: module.training ?? null,
      graph: module.graph ?? null,
      published: module.published ?? null,
      grouping: module.grouping ?? null,
      flips: module.flips ?? null,
      reconstruction: module.reconstruction ?? null,
    }
  }

  /** Parameters other than linears' weights that the method changed, by full name. */
  async changes(): Promise<[name: string, values: Float32Array<ArrayBuffer>][]> {
    const { gpu } = this
    return Promise.all(
      [...this.#changed].map(
        async ([name, tensor]) => [name, await gpu.readF32(tensor())] as [string, Float32Array<ArrayBuffer>],
      ),
    )
  }

  free(): void {
    this.#hessians?.free()
  }

  /** Gives back the original weights that were kept beside their successors. */
  freeOriginals(): void {
    if (!this.setting.compares) return
    for (const [role, { weight }] of Object.entries(this.original.linears) as [Role, LinearWeights][])
      if (this.weights.linears[role].weight !== weight) this.gpu.free(weight)
  }
}

/** Width of the codes of every original column; of signs, what planes and weights apart take of a weight. */
const columnBits = (linear: QuantizedLinear): Float32Array<ArrayBuffer> =>
  linear.kind === 'sign' ? signColumnBits(linear) : Float32Array.from(widthsOf(linear))

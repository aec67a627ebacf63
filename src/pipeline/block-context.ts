import { NumericalError } from '../errors'
import { effectiveBits } from '../formats/bits'
import type { QuantizedLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { Hessian } from '../linalg/hessian'
import type { BlockContext, MethodEvent, QuantizedModule } from '../methods/method'
import type { LlamaModel } from '../models/model'
import { type LinearSpec, linearName, type ModelSpec } from '../models/spec'
import type { BlockWeights, LinearWeights, Role } from '../models/weights'
import type { ModuleRecord } from '../records'
import { checkCancelled } from './batching'
import { moduleError } from './module-error'
import { dequantizeOnGpu } from './opened'
import type { HiddenStream } from './streams'

/** One decoder block under quantization: what a method sees of it, and what becomes of the linears it hands over. */
export class CalibratedBlock implements BlockContext {
  readonly model: ModelSpec
  /** The block as it is now: finished linears hold dequantized stored bytes, the others the original weights. */
  readonly weights: BlockWeights
  #hessians = new Map<number, Hessian>()
  readonly #finished = new Set<Role>()
  #diagonals = new Map<number, Float32Array<ArrayBuffer>>()
  /** Seconds spent on Hessians, to be told apart from the method's own. */
  calibrationSeconds = 0

  constructor(
    readonly gpu: Gpu,
    llama: LlamaModel,
    private readonly original: BlockWeights,
    readonly layer: number,
    readonly seed: number,
    /** Inputs from the stream that went through everything quantized so far; null for methods without data. */
    private readonly stream: HiddenStream | null,
    /** Inputs of the original block, for methods that compare the two; its weights then stay to the end. */
    private readonly originalStream: HiddenStream | null,
    private readonly signal: AbortSignal | undefined,
    readonly report: (event: MethodEvent) => void,
  ) {
    this.model = llama.spec
    this.weights = { ...original, linears: { ...original.linears } }
  }

  nameOf(linear: LinearSpec): string {
    return linearName(this.layer, linear)
  }

  weight(linear: LinearSpec): Tensor {
    return this.weights.linears[linear.role].weight
  }

  async hessians(stages: readonly number[]): Promise<ReadonlyMap<number, Hessian>> {
    const started = performance.now()
    const { gpu, stream } = this
    if (!stream) throw new Error('bug in Bitloom: a method without calibration asks for Hessians')
    this.#freeHessians()
    const rec = gpu.record()
    for (const stage of stages)
      this.#hessians.set(
        stage,
        Hessian.create(gpu, rec, this.#inputsOf(stage), stream.tokens, this.originalStream !== null),
      )
    await gpu.submit(rec)
    await this.#advanceMidway(stages)
    const upTo = Math.max(...stages) as LinearSpec['stage']
    for (const b of stream.states.keys()) {
      this.checkCancelled()
      const step = gpu.record()
      const originals = this.#originalInputs(step, stages, b)
      const tap = (stage: number, input: Tensor) => {
        const hessian = this.#hessians.get(stage)
        hessian?.add(step, input)
        const original = originals.get(stage)
        if (original) hessian?.addCross(step, original, input)
      }
      gpu.free(stream.run(step, this.weights, b, { upTo, tap }))
      gpu.free(...originals.values())
      await gpu.submit(step)
    }
    const last = gpu.record()
    for (const hessian of this.#hessians.values()) hessian.finish(last)
    await gpu.submit(last)
    for (const [stage, hessian] of this.#hessians) this.#diagonals.set(stage, await hessian.diagonal(gpu))
    this.calibrationSeconds += (performance.now() - started) / 1000
    return this.#hessians
  }

  checkCancelled(): void {
    checkCancelled(this.signal)
  }

  /** Puts a finished linear into the block, from its stored bytes, and takes stock of it. */
  async commit(module: QuantizedModule, seconds: number): Promise<ModuleRecord> {
    const { gpu } = this
    const { spec, linear, damping, deadColumns, warnings } = module
    const original = this.weights.linears[spec.role]
    const quantized = await dequantizeOnGpu(gpu, linear)
    const hessian = this.#hessians.get(spec.stage)
    const error = await moduleError(gpu, original.weight, quantized, hessian?.matrix ?? null)
    const worst = Math.max(error.weight, error.output ?? 0)
    if (!Number.isFinite(worst))
      throw new NumericalError(
        `${linear.name}: expected a finite quantization error, got ${worst} — the calibration data or the weights overflow; try more damping`,
      )
    const replaced: LinearWeights = { weight: quantized, bias: original.bias }
    ;(this.weights.linears as Record<Role, LinearWeights>)[spec.role] = replaced
    this.#finished.add(spec.role)
    if (!this.originalStream) gpu.free(original.weight)
    return {
      ...{ name: linear.name, layer: this.layer, role: spec.role, out: linear.out, in: linear.in },
      bits: effectiveBits(linear),
      error: { weight: error.weight, output: error.output },
      ...{ damping, deadColumns, seconds, warnings },
      columns: {
        bits: columnBits(linear),
        error: error.columns,
        hessian: this.#diagonals.get(spec.stage) ?? null,
        factor: module.factor ?? null,
        norm: error.norms,
      },
      training: module.training ?? null,
      graph: module.graph ?? null,
    }
  }

  free(): void {
    this.#freeHessians()
  }

  /** Gives back the original weights that were kept beside their successors. */
  freeOriginals(): void {
    if (!this.originalStream) return
    for (const [role, { weight }] of Object.entries(this.original.linears) as [Role, LinearWeights][])
      if (this.weights.linears[role].weight !== weight) this.gpu.free(weight)
  }

  /** Once the attention part is finished and no longer asked for, nobody computes it again. */
  async #advanceMidway(stages: readonly number[]): Promise<void> {
    const finished = this.model.linears.every(({ stage, role }) => stage > 1 || this.#finished.has(role))
    if (!finished || Math.min(...stages) < 2 || this.stream?.midway) return
    await this.stream?.advanceMidway(this.weights, this.signal)
    await this.originalStream?.advanceMidway(this.original, this.signal)
  }

  /** Copies of what the original block feeds these stages of batch b. */
  #originalInputs(rec: Recorder, stages: readonly number[], b: number): Map<number, Tensor> {
    const { gpu, originalStream: stream } = this
    const inputs = new Map<number, Tensor>()
    if (!stream) return inputs
    const upTo = Math.max(...stages) as LinearSpec['stage']
    const tap = (stage: number, input: Tensor) => {
      if (!stages.includes(stage)) return
      const copy = gpu.alloc(input.shape, 'f32', 'original input')
      rec.copy(input, copy)
      inputs.set(stage, copy)
    }
    gpu.free(stream.run(rec, this.original, b, { upTo, tap }))
    return inputs
  }

  #inputsOf(stage: number): number {
    return this.model.linears.find((linear) => linear.stage === stage)!.in
  }

  #freeHessians(): void {
    for (const hessian of this.#hessians.values()) hessian.free()
    this.#hessians.clear()
  }
}

/** Width of the codes of every original column. */
function columnBits({ in: columns, perm, segments }: QuantizedLinear): Float32Array<ArrayBuffer> {
  const bits = new Float32Array(columns)
  let stored = 0
  for (const segment of segments)
    for (let i = 0; i < segment.columns; i++, stored++) bits[perm?.[stored] ?? stored] = segment.bits
  return bits
}

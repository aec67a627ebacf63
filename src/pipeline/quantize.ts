import { FormatError, GpuLimitError } from '../errors'
import { sumBits } from '../formats/bits'
import type { ChangedTensors, QuantizedLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import { type Later, later } from '../later'
import { resolveMethod } from '../methods/registry'
import { LlamaModel } from '../models/model'
import { type BlockWeights, CheckpointWeights } from '../models/weights'
import type { ModuleRecord, Phase, Progress, Recipe, Room, RunReport } from '../records'
import { memoryScratch, type Scratch } from '../storage/scratch'
import { version } from '../version'
import { batchesOf, checkCancelled } from './batching'
import { CalibratedBlock } from './block-context'
import { digest } from './digest'
import { contextProblem, forecastOf } from './inspect'
import { CalibratedModel } from './model-context'
import { ModuleClock } from './module-clock'
import { modelSize, type OpenedModel } from './opened'
import { PauseSwitch } from './pause'
import { PhaseClock } from './phase-clock'
import type { Scaling, Scalings } from './scaling'
import { sensitivitiesOf } from './sensitivities'
import { ResidentStates, SpilledStates } from './states'
import { HiddenStream } from './streams'
import { ModulesUnderWay } from './under-way'
import { warmUp } from './warm-up'
import { calibrationWindows } from './windows'

export interface QuantizeRequest {
  readonly recipe: Recipe
  /** The calibration text; null for methods that need none. */
  readonly calibration: { readonly name: string; readonly text: string } | null
  readonly signal?: AbortSignal
  /** Holds the run at its next checkpoint; time spent waiting is in none of the report's. */
  readonly pause?: PauseSwitch
  readonly onProgress?: (progress: Progress) => void
  /** What the run may take; hidden states that do not fit on the GPU are kept elsewhere. */
  readonly room?: Room | undefined
  /** For states that fit neither there nor into the host's memory; cleared at the end. */
  readonly scratch?: Scratch | undefined
}

export interface QuantizedModel {
  readonly linears: ReadonlyMap<string, QuantizedLinear>
  readonly changed: ChangedTensors
  /** What the checkpoint's weights must be multiplied by to be compared with those of the codes. */
  readonly scalings: Scalings
  readonly report: RunReport
}

/** Quantizes a checkpoint block by block, each from the inputs that the already quantized ones before it produce. */
export function quantize(gpu: Gpu, model: OpenedModel, request: QuantizeRequest): Promise<QuantizedModel> {
  return gpu.scope(() => run(gpu, model, request))
}

async function run(gpu: Gpu, model: OpenedModel, request: QuantizeRequest): Promise<QuantizedModel> {
  const { recipe, calibration, signal, pause = new PauseSwitch(), onProgress = () => {}, room, scratch } = request
  const { method, options } = resolveMethod(recipe.method, recipe.options)
  if (model.packed)
    throw new FormatError(
      `${model.name}: expected a checkpoint of float weights, got a model that is quantized already — open the original`,
    )
  if (method.needsCalibration && !calibration)
    throw new FormatError(`${method.id}: expected a calibration text, got none — choose one`)
  const tooLong = method.needsCalibration ? contextProblem(model.spec, recipe.calibration) : null
  if (tooLong) throw new FormatError(tooLong)
  const planned = { ...recipe, options: options as Recipe['options'] }
  const memory = forecastOf(model, planned, gpu.info, room, scratch ? undefined : ['gpu', 'host'])
  const [problem] = memory.problems
  if (problem) throw new GpuLimitError(problem)
  const kept = memory.states === 'disk' && scratch ? scratch : memoryScratch()
  const states = memory.states === 'gpu' ? new ResidentStates(gpu) : new SpilledStates(gpu, kept)
  const now = () => pause.now()
  const started = now()
  const clock = new PhaseClock(now)
  const warnings: string[] = []
  const warn = (text: string) => {
    warnings.push(text)
    onProgress({ type: 'warning', text })
  }
  model.source.warnings?.forEach(warn)
  const { spec } = model
  // compiled by other threads while this one makes tokens; what the run needs and they lack, it waits for
  if (method.needsCalibration) later(warmUp(gpu, spec, { method, options }, recipe.calibration))
  gpu.pool.resetPeak()

  onProgress({ type: 'phase', phase: 'tokenize', done: 0, total: 1, label: calibration?.name ?? '' })
  const windows =
    method.needsCalibration && calibration
      ? calibrationWindows(model.tokenizer, calibration.text, recipe.calibration, recipe.seed)
      : null
  if (windows && windows.count < recipe.calibration.samples)
    warn(
      `the calibration text holds ${windows.count} windows of ${windows.length} tokens, ${recipe.calibration.samples} were asked for`,
    )
  clock.lap('tokenize')

  if (windows) onProgress({ type: 'phase', phase: 'embed', done: 0, total: 1, label: `${windows.count} windows` })
  const llama = await LlamaModel.load(gpu, spec, new CheckpointWeights(gpu, model.source), {
    positions: windows?.length ?? 1,
    ends: windows ? 'embedding' : 'none',
  })
  const compares = method.comparesStreams?.(options) ?? false
  let plan: unknown = null
  const streams: HiddenStream[] = []
  const linears = new Map<string, QuantizedLinear>()
  const changed = new Map<string, Float32Array<ArrayBuffer>>()
  const scalings = new Map<string, Scaling>()
  const modules: ModuleRecord[] = []
  try {
    let quantizedStream: HiddenStream | null = null
    let originalStream: HiddenStream | null = null
    if (windows) {
      streams.push((quantizedStream = await HiddenStream.start(gpu, llama, batchesOf(gpu.info, spec, windows), states)))
      llama.freeEnds()
      clock.lap('embed')
      if (method.plan) {
        const planning = (label: string) => (done: number, total: number) =>
          onProgress({ type: 'phase', phase: 'plan', done, total, label })
        const gradients = { ...(signal && { signal }), onProgress: planning('gradients, there and back') }
        const whole = new CalibratedModel(
          ...([gpu, llama, quantizedStream, recipe.seed, sensitivitiesOf(gpu, model, windows, gradients)] as const),
          ...([signal, onProgress, planning('widths of all columns')] as const),
        )
        plan = await method.plan(whole, options)
        if (plan !== null) clock.lap('plan')
      }
      streams.push((originalStream = await quantizedStream.fork()))
    }
    const underWay = new ModulesUnderWay((module, itsWarnings) => {
      modules.push(module)
      onProgress({ type: 'module', module })
      for (const text of itsWarnings) warn(`${module.name}: ${text}`)
    })
    /** Tells of a block that is done, when the GPU has got work of the next. */
    let endBlock = async () => {}
    await llama.forEachBlock(async (original, layer) => {
      const blockStarted = now()
      const phase = (name: Phase) =>
        onProgress({
          type: 'phase',
          phase: name,
          done: layer,
          total: spec.layers,
          label: `block ${layer + 1} of ${spec.layers}`,
        })
      checkCancelled(signal)
      const advanceOriginal = async () => {
        if (!originalStream) return
        phase('propagate')
        await originalStream.advance(original, signal)
        clock.lap('propagate')
      }
      if (!compares) await advanceOriginal()
      await endBlock()
      phase(method.needsCalibration ? 'calibrate' : 'quantize')
      const block = new CalibratedBlock(gpu, llama, original, {
        ...{ layer, seed: recipe.seed, stream: quantizedStream, originalStream, compares },
        ...{ pause, signal, report: onProgress, enter: phase },
      })
      try {
        const moduleClock = new ModuleClock(spec.linears, method.together ?? false, now, () => block.calibrationSeconds)
        await block.checkpoint()
        moduleClock.start()
        for await (const made of method.quantize(block, options, plan)) {
          const module = { ...made, warnings: [...made.warnings, ...block.warningsOf(made)] }
          const record = await block.commit(module, moduleClock.lap(module.spec))
          linears.set(module.linear.name, module.linear)
          underWay.add(record, module.warnings)
          await underWay.tell('arrived')
          await block.checkpoint()
          moduleClock.start()
        }
        for (const [name, values] of await block.changes()) changed.set(name, values)
        for (const [name, scaling] of block.scalings) scalings.set(name, scaling)
        clock.lap('quantize', { calibrate: block.calibrationSeconds })
        let drift: Later<number> | null = null
        if (quantizedStream && originalStream) {
          block.free() // its Hessians have done their work
          if (compares) await advanceOriginal()
          block.freeOriginals()
          phase('propagate')
          await quantizedStream.advance(block.weights, signal)
          drift = await quantizedStream.drift(originalStream)
          clock.lap('propagate')
        }
        const done = {
          ...{ layer, layers: spec.layers, seconds: (now() - blockStarted) / 1000, gpuBytes: gpu.pool.liveBytes },
          secondsLeft: ((now() - started) / 1000 / (layer + 1)) * (spec.layers - layer - 1),
        }
        endBlock = async () => {
          await underWay.tell('all')
          onProgress({ type: 'block', ...done, drift: drift && (await drift.value) })
        }
      } finally {
        block.free()
        takeOver(original, block.weights)
      }
    })
    await endBlock()
    clock.lap(windows ? 'propagate' : 'quantize')
  } finally {
    for (const held of [states, ...streams]) await held.free()
    await kept.clear()
    llama.free()
    await gpu.settle().catch(() => {}) // a lost device has already been reported
    gpu.pool.trim()
  }
  return {
    linears,
    changed,
    scalings,
    report: {
      version: 1,
      bitloom: version,
      model: { name: model.name, ...modelSize(model.source) },
      recipe: { ...recipe, options: options as Record<string, unknown> },
      calibrationDigest: windows && calibration ? await digest(calibration.text) : null,
      device: { name: gpu.info.name, software: gpu.info.software },
      bits: sumBits(modules.map(({ bits, out, in: columns }) => ({ bits, weights: out * columns }))),
      modules,
      seconds: { total: (now() - started) / 1000, ...clock.seconds },
      peakGpuBytes: gpu.pool.peakBytes,
      warnings,
    },
  }
}

/** The caller frees `original`: let it hold the tensors that are alive now, originals or their successors. */
function takeOver(original: BlockWeights, current: BlockWeights): void {
  Object.assign(original.linears, current.linears)
}

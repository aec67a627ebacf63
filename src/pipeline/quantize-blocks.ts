import { counted } from '../counted'
import type { FinishedBlock } from '../formats/bitloom/block'
import { heldLinears } from '../formats/packed-model'
import type { QuantizedLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import { type Later, later } from '../later'
import type { Method } from '../methods/method'
import { CausalModel } from '../models/causal-model'
import { type BlockWeights, CheckpointWeights, freeBlock, loadBlock } from '../models/weights'
import type { ModuleRecord, Phase, Progress, Recipe } from '../records'
import { batchesOf, checkCancelled } from './batching'
import { CalibratedBlock } from './block-context'
import { CalibratedModel } from './model-context'
import { ModuleClock } from './module-clock'
import { type OpenedModel, quantizedWeights } from './opened'
import type { PauseSwitch } from './pause'
import type { PhaseClock } from './phase-clock'
import { sensitivitiesOf } from './sensitivities'
import type { States } from './states'
import { HiddenStream } from './streams'
import { ModulesUnderWay } from './under-way'
import type { Windows } from './windows'

/** Blocks `first` to `end` − 1. */
export interface BlockRange {
  readonly first: number
  readonly end: number
}

export interface BlocksRequest {
  readonly method: Method<unknown, unknown>
  readonly options: unknown
  readonly recipe: Recipe
  /** Null for methods without calibration. */
  readonly windows: Windows | null
  /** Blocks to make, the first and the one behind the last. */
  readonly range: BlockRange
  /** Keeps those before the first block; all other states are kept as these are. */
  readonly states: States
  /** Those that are finished already; the streams only pass them. */
  readonly blocks: ReadonlyMap<number, FinishedBlock>
  /** Of the method, where it is known already; else undefined. */
  readonly plan: unknown
  /** Windows that pass a block together, where fewer than usual; its blocks say so. */
  readonly together: number | null
  readonly clock: PhaseClock
  readonly pause: PauseSwitch
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: Progress) => void
  readonly keepPlan: (plan: unknown) => Promise<void>
  /** Makes a finished block durable; one at a time, while the next is at work. */
  readonly keep: (block: Omit<FinishedBlock, 'part'>) => Promise<void>
}

/**
 * Quantizes the blocks that are missing, each from the inputs that those before it produce with their stored codes, or, where the
 * recipe's stream is `original`, with their original weights.
 */
export async function quantizeBlocks(gpu: Gpu, model: OpenedModel, request: BlocksRequest): Promise<void> {
  const { method, options, recipe, windows, states, clock, pause, signal, onProgress } = request
  const { spec } = model
  const finished = new Map(request.blocks)
  const { first, end } = request.range
  const missing = Array.from({ length: end - first }, (_, i) => first + i).filter((layer) => !finished.has(layer))
  const wanted = (layer: number) => missing.includes(layer) || (windows !== null && layer < missing.at(-1)!)
  const apart = recipe.calibration.stream === 'original'
  const small = request.together === null ? {} : { windows: request.together }
  const now = () => pause.now()
  const started = now()
  let made = 0
  if (windows) onProgress({ type: 'phase', phase: 'embed', done: 0, total: 1, label: counted(windows.count, 'window') })
  const causal = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, model.source), {
    positions: windows?.length ?? 1,
    ends: windows ? 'embedding' : 'none',
  })
  const compares = method.comparesStreams?.(options) ?? false
  let plan: unknown = request.plan ?? null
  const streams: HiddenStream[] = []
  let keeping: Later<void> = later(Promise.resolve())
  /** The block that is done, on its way to be kept: what is known of it comes while the GPU gets work of the next. Told before that one's first linear. */
  let ending: Later<void> = later(Promise.resolve())
  try {
    let quantizedStream: HiddenStream | null = null
    let originalStream: HiddenStream | null = null
    if (windows) {
      streams.push(
        (quantizedStream = await HiddenStream.start(gpu, causal, batchesOf(gpu.info, spec, windows), states)),
      )
      causal.freeEnds()
      clock.lap('embed')
      if (method.plan && request.plan === undefined) {
        const planning = (label: string) => (done: number, total: number) =>
          onProgress({ type: 'phase', phase: 'plan', done, total, label })
        const gradients = { ...(signal && { signal }), onProgress: planning('gradients, there and back') }
        const whole = new CalibratedModel(
          ...([gpu, causal, quantizedStream, recipe.seed, sensitivitiesOf(gpu, model, windows, gradients)] as const),
          ...([signal, onProgress, planning('widths of all columns')] as const),
        )
        plan = await method.plan(whole, options)
        if (plan !== null) {
          await request.keepPlan(plan)
          clock.lap('plan')
        }
      }
      streams.push((originalStream = await quantizedStream.fork()))
    }
    let modules: ModuleRecord[] = []
    const underWay = new ModulesUnderWay((module, itsWarnings) => {
      modules.push(module)
      onProgress({ type: 'module', module })
      for (const text of itsWarnings) onProgress({ type: 'warning', text: `${module.name}: ${text}` })
    })
    await causal.forEachBlock(async (original, layer) => {
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
      const passes = !missing.includes(layer)
      if (apart && !passes && originalStream) await quantizedStream?.follow(originalStream)
      if (!compares || passes) await advanceOriginal()
      await ending.value
      if (passes) {
        const before = finished.get(layer)
        if (before && !apart) await passStored(gpu, model, before, quantizedStream, signal)
        clock.lap('propagate')
        return
      }
      phase(method.needsCalibration ? 'calibrate' : 'quantize')
      const block = new CalibratedBlock(gpu, causal, original, {
        ...{ layer, seed: recipe.seed, stream: quantizedStream, originalStream, compares },
        ...{ pause, signal, report: onProgress, enter: phase },
      })
      try {
        const linears: QuantizedLinear[] = []
        const moduleClock = new ModuleClock(
          spec.linears,
          method.together?.(options),
          now,
          () => block.calibrationSeconds,
        )
        await block.checkpoint()
        moduleClock.start()
        for await (const made of method.quantize(block, options, plan)) {
          const module = { ...made, warnings: [...made.warnings, ...block.warningsOf(made)] }
          const record = await block.commit(module, moduleClock.lap(module.spec))
          linears.push(module.linear)
          underWay.add(record, module.warnings)
          await keeping.value
          await underWay.tell('arrived')
          await block.checkpoint()
          moduleClock.start()
        }
        const changed = new Map(await block.changes())
        const { scalings } = block
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
        made++
        const secondsLeft = ((now() - started) / 1000 / made) * (missing.length - made)
        const done = { ...{ layer, layers: spec.layers, secondsLeft, gpuBytes: gpu.pool.liveBytes } }
        const [elapsed, seconds, peakGpuBytes] = [(now() - blockStarted) / 1000, clock.take(), gpu.pool.peakBytes]
        const end = async () => {
          await underWay.tell('all')
          const facts = { layer, seconds, peakGpuBytes, drift: drift && (await drift.value), ...small }
          const whole = { ...facts, ...heldLinears(linears), modules, changed, scalings }
          modules = []
          // told when nothing can take it away any more
          const tell = () => onProgress({ type: 'block', ...done, seconds: elapsed, drift: facts.drift })
          keeping = later(request.keep(whole).then(tell))
        }
        ending = later(end())
      } finally {
        block.free()
        takeOver(original, block.weights)
      }
    }, wanted)
    await ending.value
    clock.lap(windows ? 'propagate' : 'quantize')
    await keeping.value
  } finally {
    // whatever stopped it, a file that is gone, too: the block before is finished; what went wrong is told, not what came of it
    await ending.value.catch(() => {})
    await keeping.value.catch(() => {}) // told where it is waited for, unless something else has failed before
    for (const stream of streams) await stream.free()
    causal.free()
    await gpu.settle().catch(() => {}) // a lost device has already been reported
    gpu.pool.trim()
  }
}

/** Moves a stream through a block as it was stored, as it went through it when the block was made. */
async function passStored(
  gpu: Gpu,
  model: OpenedModel,
  stored: FinishedBlock,
  stream: HiddenStream | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  const linearOf = (name: string) => (stored.headers.has(name) ? stored.linear(name) : null)
  const weights = quantizedWeights(gpu, model, linearOf, stored.changed)
  const block = await loadBlock(gpu, weights, model.spec, stored.layer)
  try {
    await stream?.advance(block, signal)
  } finally {
    freeBlock(gpu, block)
  }
}

/** The caller frees `original`: let it hold the tensors that are alive now, originals or their successors. */
function takeOver(original: BlockWeights, current: BlockWeights): void {
  Object.assign(original.linears, current.linears)
}

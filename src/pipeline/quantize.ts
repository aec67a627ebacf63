import { FormatError, GpuLimitError, StorageError } from '../errors'
import type { FinishedBlock } from '../formats/bitloom/block'
import type { Gpu } from '../gpu/device'
import type { Room } from '../inspection-records'
import { later } from '../later'
import { resolveMethod } from '../methods/registry'
import type { Progress, Recipe } from '../records'
import { memoryScratch, type Scratch } from '../storage/scratch'
import { batchWindows } from './batching'
import { fingerprintOf } from './fingerprint'
import { contextProblem, forecastOf } from './inspect'
import { checkKept } from './kept-blocks'
import { batchWords, onLessMemory } from './less-memory'
import type { OpenedModel } from './opened'
import { inOrder, outcomeOf, type QuantizedModel, warningsOf } from './outcome'
import { PauseSwitch } from './pause'
import { PhaseClock, sumSeconds } from './phase-clock'
import { type BlockRange, quantizeBlocks } from './quantize-blocks'
import { descentOf, keptWindows, type RunFooting } from './run-descent'
import { RunFolder } from './run-folder'
import { ResidentStates, SpilledStates } from './states'
import { warmUp } from './warm-up'
import { calibrationWindows, shortage } from './windows'

export interface QuantizeRequest {
  readonly recipe: Recipe
  /** The calibration text; null for methods that need none. */
  readonly calibration: { readonly name: string; readonly text: string } | null
  readonly signal?: AbortSignal
  /** Holds the run at its next checkpoint; time spent waiting is in none of the report's. */
  readonly pause?: PauseSwitch
  readonly onProgress?: (progress: Progress) => void
  /** Only these blocks; of a method that looks at data, from the first on unless the recipe's stream is `original`. */
  readonly range?: BlockRange
  /** What the run may take; hidden states that do not fit on the GPU are kept elsewhere. */
  readonly room?: Room | undefined
  /** For states that fit neither there nor into the host's memory; cleared at the end. */
  readonly scratch?: Scratch | undefined
  /** Where finished blocks are kept, and those of a run that was broken off are found; in memory unless given. */
  readonly folder?: RunFolder
  /** Waits for a person where a block cannot be stored; it is tried again then. Without, the run fails with that error. */
  readonly onRefused?: (error: StorageError) => Promise<void>
}

/** Quantizes a checkpoint block by block, each from the inputs that the already quantized ones before it produce. */
export function quantize(gpu: Gpu, model: OpenedModel, request: QuantizeRequest): Promise<QuantizedModel> {
  return gpu.scope(() => run(gpu, model, request))
}

async function run(gpu: Gpu, model: OpenedModel, request: QuantizeRequest): Promise<QuantizedModel> {
  const {
    calibration,
    signal,
    pause = new PauseSwitch(),
    onProgress = () => {},
    folder = RunFolder.inMemory(),
    room,
    scratch,
  } = request
  const { method, options } = resolveMethod(request.recipe.method, request.recipe.options)
  const recipe = { ...request.recipe, options: options as Recipe['options'] }
  if (model.packed)
    throw new FormatError(
      `${model.name}: expected a checkpoint of float weights, got a model that is quantized already — open the original`,
    )
  if (method.needsCalibration && !calibration)
    throw new FormatError(`${method.id}: expected a calibration text, got none — choose one`)
  const tooLong = method.needsCalibration ? contextProblem(model.spec, recipe.calibration) : null
  if (tooLong) throw new FormatError(tooLong)
  const range = request.range ?? { first: 0, end: model.spec.layers }
  if (range.first > 0 && method.needsCalibration && recipe.calibration.stream !== 'original')
    throw new FormatError(
      `blocks ${range.first + 1} to ${range.end}: expected the calibration stream 'original', got 'sequential', for which the blocks before are needed — make all blocks in one run, or set the recipe's stream to 'original'`,
    )
  const memory = forecastOf(model, recipe, gpu.info, room, scratch ? undefined : ['gpu', 'host'])
  const [problem] = memory.problems
  if (problem) throw new GpuLimitError(problem)
  const clock = new PhaseClock(() => pause.now())
  const { spec } = model
  // compiled by other threads while this one makes tokens; what the run needs and they lack, it waits for
  if (method.needsCalibration) later(warmUp(gpu, spec, { method, options }, recipe.calibration))
  gpu.pool.resetPeak()

  const text = method.needsCalibration && calibration ? calibration : null
  onProgress({ type: 'phase', phase: 'tokenize', done: 0, total: 1, label: text?.name ?? '' })
  const windows = text && calibrationWindows(model.tokenizer, text.text, recipe.calibration, recipe.seed)
  const warnings = [...(model.source.warnings ?? [])]
  if (windows) warnings.push(...shortage(windows, recipe.calibration))
  for (const warning of warnings) onProgress({ type: 'warning', text: warning })
  clock.lap('tokenize')

  const fingerprint = await fingerprintOf(gpu, model, recipe, text)
  // every kept file is read whole, to be sure of it
  if (request.folder) onProgress({ type: 'phase', phase: 'open', done: 0, total: 1, label: 'what is kept of the run' })
  const kept = await folder.open(fingerprint)
  const { blocks, damaged } = kept
  checkKept(spec, model.source, blocks)
  for (const name of damaged) onProgress({ type: 'warning', text: `${name} is damaged, and made again` })
  const found = inOrder(blocks)
  tellKept(found, spec.layers, onProgress)
  const durably = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;)
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof StorageError && request.onRefused)) throw error
        await request.onRefused(error)
      }
  }
  const whole = isComplete(blocks, range)
  const part = found.reduce((most, block) => Math.max(most, block.part + (whole ? 0 : 1)), 0)
  if (!whole) {
    const usual = windows ? Math.min(windows.count, batchWindows(gpu.info, spec, windows.length)) : 1
    const first: RunFooting = { states: memory.states, windows: keptWindows(kept, usual) }
    if (first.windows !== null)
      onProgress({
        type: 'warning',
        text: `going on with ${batchWords(first.windows)}: the GPU's memory ran out with more`,
      })
    const moved = forecastOf(model, recipe, gpu.info, room, scratch ? ['host', 'disk'] : ['host'])
    const elsewhere = moved.problems.length === 0 ? moved.states : null
    const descent = descentOf({ windows, usual, first, elsewhere, folder, blocks, clock, onProgress })
    let { plan } = kept
    await onLessMemory(gpu, descent, async ({ states: place, windows: together }) => {
      const away = place === 'disk' && scratch ? scratch : memoryScratch()
      const states = place === 'gpu' ? new ResidentStates(gpu) : new SpilledStates(gpu, away)
      try {
        await quantizeBlocks(gpu, model, {
          ...{ method, options, recipe, windows, range, states, together, blocks, plan },
          ...{ clock, pause, signal, onProgress },
          keepPlan: async (made) => {
            await durably(() => folder.keepPlan(made))
            plan = made
          },
          keep: async (block) => {
            blocks.set(block.layer, await durably(() => folder.keep({ ...block, part })))
          },
        })
      } finally {
        await states.free()
        await away.clear()
      }
    })
  }
  return outcomeOf(model, {
    ...{ recipe, calibrationDigest: fingerprint.calibration, warnings, blocks, resumed: part },
    device: { name: gpu.info.name, software: gpu.info.software },
    seconds: clock.take(),
    peakGpuBytes: Math.max(gpu.pool.peakBytes, ...inOrder(blocks).map(({ peakGpuBytes }) => peakGpuBytes)),
  })
}

const isComplete = (blocks: ReadonlyMap<number, unknown>, { first, end }: BlockRange) =>
  Array.from({ length: end - first }, (_, i) => first + i).every((layer) => blocks.has(layer))

/** A run that goes on shows what it has as if it had just been made. */
function tellKept(blocks: readonly FinishedBlock[], layers: number, onProgress: (progress: Progress) => void): void {
  if (blocks.length === 0) return
  onProgress({ type: 'resumed', blocks: blocks.length, layers })
  const spent = sumSeconds(blocks.map(({ seconds }) => seconds)).total
  const secondsLeft = (spent / blocks.length) * (layers - blocks.length)
  for (const { layer, modules, seconds, drift } of blocks) {
    for (const module of modules) {
      onProgress({ type: 'module', module })
      for (const text of warningsOf(module)) onProgress({ type: 'warning', text })
    }
    onProgress({ type: 'block', layer, layers, seconds: seconds.total, drift, secondsLeft, gpuBytes: 0 })
  }
}

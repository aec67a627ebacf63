import { DeviceLostError, NumericalError } from '../../src/errors'
import { sumPublished } from '../../src/formats/bits'
import type { Gpu } from '../../src/gpu/device'
import type { WeightSource } from '../../src/models/weights'
import { checkCancelled } from '../../src/pipeline/batching'
import { type OpenedModel, quantizedWeights, weightsOf } from '../../src/pipeline/opened'
import { perplexity } from '../../src/pipeline/perplexity'
import { quantize } from '../../src/pipeline/quantize'
import type { ModuleRecord, Progress } from '../../src/records'
import {
  type Comparison,
  type DoneRun,
  type FailedRun,
  isDone,
  type Score,
  type Scores,
  type Setting,
} from './document'
import type { Planned } from './plan'
import { differences, recipeKey } from './recipe-fields'

export interface Text {
  readonly name: string
  readonly text: string
}

export interface CompareRequest {
  readonly setting: Setting
  readonly texts: readonly Text[]
  readonly calibration: Text | null
  readonly planned: readonly Planned[]
  /** What an earlier call left under the same setting: its finished runs are kept, those that failed are not. */
  readonly earlier: Comparison | null
  readonly signal: AbortSignal
  readonly pass: (progress: Progress) => void
  /** A line for people, about a finished part. */
  readonly tell: (line: string) => void
  /** Called after the unquantized model and after every run. */
  readonly save: (comparison: Comparison) => Promise<void>
}

/**
 * Quantizes one model by every planned recipe and measures each result on every text, one run after another. A run that
 * fails is kept with its reason and the next one begins; a lost device or a cancelled signal ends all, and what was saved
 * stays.
 */
export async function compareRuns(gpu: Gpu, model: OpenedModel, request: CompareRequest): Promise<Comparison> {
  const { setting, planned, earlier, signal, tell, save } = request
  let comparison: Comparison
  if (earlier) comparison = { ...earlier, runs: earlier.runs.filter(isDone) }
  else {
    const scores = await measure(gpu, model, weightsOf(gpu, model), request)
    comparison = { ...setting, unquantized: { perplexity: scores }, runs: [] }
    tell(`unquantized  ${scoresLine(scores)}`)
    await save(comparison)
  }
  const there = new Set(comparison.runs.map(({ recipe }) => recipeKey(recipe)))
  const left = planned.filter(({ recipe }) => !there.has(recipeKey(recipe)))
  if (left.length < planned.length) tell(`${planned.length - left.length} of ${planned.length} runs are there already`)
  const names = namesOf(planned)
  const started = performance.now()
  for (const [at, plan] of left.entries()) {
    checkCancelled(signal)
    const run = await attempt(gpu, model, plan, request)
    gpu.pool.trim()
    comparison = { ...comparison, runs: [...comparison.runs, run] }
    await save(comparison)
    const seconds = ((performance.now() - started) / 1000 / (at + 1)) * (left.length - at - 1)
    tell(`${at + 1}/${left.length}  ${names.get(plan)}  ${lineOf(run)}  about ${seconds.toFixed(0)} s left`)
  }
  return comparison
}

async function attempt(
  gpu: Gpu,
  model: OpenedModel,
  plan: Planned,
  request: CompareRequest,
): Promise<DoneRun | FailedRun> {
  try {
    return await runOnce(gpu, model, plan, request)
  } catch (error) {
    if (request.signal.aborted || error instanceof DeviceLostError) throw error
    return { ...plan, failure: (error as Error).message }
  }
}

async function runOnce(
  gpu: Gpu,
  model: OpenedModel,
  { label, recipe }: Planned,
  request: CompareRequest,
): Promise<DoneRun> {
  const { calibration, signal, pass } = request
  let drift: number | null = null
  const onProgress = (progress: Progress) => {
    if (progress.type === 'block') drift = progress.drift
    pass(progress)
  }
  const { linear, changed, report } = await quantize(gpu, model, { recipe, calibration, signal, onProgress })
  const weights = quantizedWeights(gpu, model, linear, changed)
  const scores = await measure(gpu, model, weights, request)
  const { bits, modules, seconds, peakGpuBytes, warnings } = report
  return {
    ...{ label, recipe, bits, drift, perplexity: scores, seconds, peakGpuBytes },
    error: {
      weight: meanOf(modules, ({ error }) => error.weight),
      output: meanOf(modules, ({ error }) => error.output),
    },
    chosenBits: chosenBits(modules),
    published: publishedBits(modules),
    groups: meanOf(modules, ({ grouping }) => grouping?.amplitudes.length ?? null),
    warnings: warnings.length,
  }
}

async function measure(
  gpu: Gpu,
  model: OpenedModel,
  weights: WeightSource,
  { texts, setting: { protocol }, signal, pass }: CompareRequest,
): Promise<Scores> {
  const scores: Record<string, Score> = {}
  for (const text of texts) {
    const report = await perplexity(gpu, model, weights, { text, protocol, maxTokens: null, signal, onProgress: pass })
    const { perplexity: value, nll, tokens, windows, seconds } = report
    if (!Number.isFinite(value))
      throw new NumericalError(`perplexity: expected a number on ${text.name}, got exp(${nll}) — use more bits`)
    scores[text.name] = { perplexity: value, nll, tokens, windows, seconds }
  }
  return scores
}

function publishedBits(modules: readonly ModuleRecord[]): DoneRun['published'] {
  const sum = sumPublished(modules)
  return sum && { weight: sum.weight, scale: sum.scale }
}

/** Mean over the modules; null where one has no finite value. */
function meanOf(modules: readonly ModuleRecord[], value: (module: ModuleRecord) => number | null): number | null {
  const sum = modules.reduce((total, module) => total + (value(module) ?? Number.NaN), 0)
  return Number.isFinite(sum) ? sum / modules.length : null
}

/** Mean over the weights of all modules of which the widths were learned. */
function chosenBits(modules: readonly ModuleRecord[]): number | null {
  const sums = { bits: 0, weights: 0 }
  for (const { training, out, in: columns } of modules) {
    const bits = training?.bits.at(-1)
    if (bits === undefined) continue
    sums.bits += bits * out * columns
    sums.weights += out * columns
  }
  return sums.weights > 0 ? sums.bits / sums.weights : null
}

/** What tells a run from the others: its label, and the fields in which the recipes under that label differ. */
function namesOf(planned: readonly Planned[]): ReadonlyMap<Planned, string> {
  const names = new Map<Planned, string>()
  for (const label of new Set(planned.map((plan) => plan.label))) {
    const alike = planned.filter((plan) => plan.label === label)
    const fields = differences(alike.map(({ recipe }) => recipe))
    for (const [at, plan] of alike.entries()) {
      const parts = fields.filter(({ values }) => values[at] !== '').map(({ key, values }) => `${key} ${values[at]}`)
      names.set(plan, [...(label === null ? [] : [label]), ...parts].join(', ') || plan.recipe.method)
    }
  }
  return names
}

function lineOf(run: DoneRun | FailedRun): string {
  if (!isDone(run)) return `failed: ${run.failure}`
  return `${run.bits.total.toFixed(3)} bits  ${scoresLine(run.perplexity)}  ${run.seconds.total?.toFixed(1)} s`
}

const scoresLine = (scores: Scores): string =>
  Object.entries(scores)
    .map(([name, { perplexity }]) => `${name} ${perplexity.toFixed(2)}`)
    .join('  ')

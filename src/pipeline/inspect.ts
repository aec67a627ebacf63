import type { Gpu, GpuInfo } from '../gpu/device'
import { resolveMethod } from '../methods/registry'
import type { ModelSpec } from '../models/spec'
import type { Inspection, MemoryForecast, Recipe, RunForecast } from '../records'
import { ratesOf } from './device-rates'
import { forecastQuantize } from './forecast'
import { modelSize, type OpenedModel } from './opened'
import { defaultRecipe } from './recipe'
import { forecastSeconds } from './time-forecast'

/** What a model is and what it would need on this device. */
export function inspect(model: OpenedModel, gpu: GpuInfo): Inspection {
  const { source, spec, packed } = model
  const forecast = forecastOf(model, defaultRecipe('gptq'), gpu)
  const { rope, linears: _, architecture: __, eos, ...numbers } = spec
  return {
    name: model.name,
    kind: source.provenance.kind,
    architecture: spec.architecture,
    ...modelSize(source),
    spec: { ...numbers, ropeTheta: rope.theta, ropeScaling: rope.scaling?.type ?? null, eos: eos.join(', ') || null },
    tensors: [...source.tensors.values()].map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes })),
    bits: packed?.bits ?? null,
    chat: model.chatTemplate !== null,
    forecast,
    problems: forecastOf(model, defaultRecipe('rtn'), gpu).problems,
  }
}

/** What a run by the recipe takes on this device, its time measured on it the first time; nothing else may be at work there then. */
export async function forecastRun(model: OpenedModel, recipe: Recipe, gpu: Gpu): Promise<RunForecast> {
  const resolved = resolveMethod(recipe.method, recipe.options)
  const memory = forecastOf(model, recipe, gpu.info)
  if (!resolved.method.work || memory.problems.length > 0) return { ...memory, seconds: null }
  return { ...memory, seconds: forecastSeconds(model.spec, recipe, resolved, await ratesOf(gpu)) }
}

export function forecastOf({ spec }: Pick<OpenedModel, 'spec'>, recipe: Recipe, gpu: GpuInfo): MemoryForecast {
  const resolved = resolveMethod(recipe.method, recipe.options)
  const forecast = forecastQuantize(spec, recipe, resolved, gpu)
  const tooLong = resolved.method.needsCalibration ? contextProblem(spec, recipe.calibration) : null
  return tooLong ? { ...forecast, problems: [tooLong, ...forecast.problems] } : forecast
}

/** Why windows of this length are none that the model was made for; null where they are. */
export const contextProblem = ({ context }: ModelSpec, { length }: Pick<Recipe['calibration'], 'length'>) =>
  length > context
    ? `calibration: expected windows of at most ${context} tokens, the model's context, got ${length} — use shorter windows`
    : null

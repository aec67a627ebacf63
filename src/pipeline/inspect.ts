import type { Gpu, GpuInfo } from '../gpu/device'
import type { Inspection, MemoryForecast, PlannedModule, Room, RunForecast, StatesPlace } from '../inspection-records'
import { resolveMethod } from '../methods/registry'
import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'
import type { Recipe } from '../records'
import { ratesOf } from './device-rates'
import { anyRoom, planMemory } from './memory-plan'
import { modelSize, type OpenedModel } from './opened'
import { defaultRecipe } from './recipe'
import { forecastSeconds } from './time-forecast'

/** What a model is and what it would need on this device. */
export function inspect(model: OpenedModel, gpu: GpuInfo, room: Room = anyRoom): Inspection {
  const { source, spec, packed } = model
  const forecast = forecastOf(model, defaultRecipe('gptq'), gpu, room)
  return {
    name: model.name,
    kind: source.provenance.kind,
    architecture: spec.architecture,
    ...modelSize(source),
    ...(packed && { parameters: packed.report.model.parameters }),
    spec: factsOf(spec),
    tensors: [...source.tensors.values()].map(({ name, dtype, shape, bytes, stored }) => ({
      ...{ name, shape },
      dtype: stored?.type ?? dtype,
      bytes: stored?.bytes ?? bytes,
    })),
    modules: packed ? [] : modulesOf(spec),
    bits: packed?.bits ?? null,
    chat: model.chatTemplate !== null,
    forecast,
    warnings: source.warnings ?? [],
    problems: forecastOf(model, defaultRecipe('rtn'), gpu, room).problems,
  }
}

const modulesOf = ({ layers, linears }: ModelSpec): PlannedModule[] =>
  Array.from({ length: layers }, (_, layer) =>
    linears.map((linear) => ({
      ...{ name: linearName(layer, linear), layer, role: linear.role, out: linear.out, in: linear.in },
    })),
  ).flat()

/** What a person may want to know of a model's shape. */
function factsOf(spec: ModelSpec): Inspection['spec'] {
  const { rope, experts, windows } = spec
  const seen = [...new Set(windows)].map((window) => window ?? 'all')
  return {
    ...{ vocab: spec.vocab, hidden: spec.hidden, ffn: spec.ffn, layers: spec.layers },
    ...{ heads: spec.heads, kvHeads: spec.kvHeads, headDim: spec.headDim },
    ...(experts && { experts: experts.count, activeExperts: experts.active }),
    ...{ norm: spec.norm.kind, normEps: spec.norm.eps, activation: spec.activation },
    ...{ ropeTheta: rope?.theta ?? null, ropeScaling: rope?.scaling?.type ?? null },
    ...(seen.some((window) => window !== 'all') && { window: seen.join(', ') }),
    ...{ tiedHead: spec.tiedHead, context: spec.context, bos: spec.bos, eos: spec.eos.join(', ') || null },
  }
}

/** What a run by the recipe takes on this device, its time measured on it the first time; nothing else may be at work there then. */
export async function forecastRun(
  model: OpenedModel,
  recipe: Recipe,
  gpu: Gpu,
  room: Room = anyRoom,
): Promise<RunForecast> {
  const resolved = resolveMethod(recipe.method, recipe.options)
  const memory = forecastOf(model, recipe, gpu.info, room)
  if (!resolved.method.work || memory.problems.length > 0) return { ...memory, seconds: null }
  return { ...memory, seconds: forecastSeconds(model.spec, recipe, resolved, await ratesOf(gpu)) }
}

export function forecastOf(
  { spec }: Pick<OpenedModel, 'spec'>,
  recipe: Recipe,
  gpu: GpuInfo,
  room: Room = anyRoom,
  places?: readonly StatesPlace[],
): MemoryForecast {
  const resolved = resolveMethod(recipe.method, recipe.options)
  const forecast = planMemory({ spec, recipe, resolved, gpu, room }, places)
  const tooLong = resolved.method.needsCalibration ? contextProblem(spec, recipe.calibration) : null
  return tooLong ? { ...forecast, problems: [tooLong, ...forecast.problems] } : forecast
}

/** Why windows of this length are none that the model was made for; null where they are. */
export const contextProblem = ({ context }: ModelSpec, { length }: Pick<Recipe['calibration'], 'length'>) =>
  length > context
    ? `calibration: expected windows of at most ${context} tokens, the model's context, got ${length} — use shorter windows`
    : null

import type { GpuInfo } from '../gpu/device'
import { resolveMethod } from '../methods/registry'
import type { Inspection, MemoryForecast, Recipe } from '../records'
import { forecastQuantize } from './forecast'
import { modelSize, type OpenedModel } from './opened'
import { defaultRecipe } from './recipe'

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
    forecast,
    problems: forecastOf(model, defaultRecipe('rtn'), gpu).problems,
  }
}

export function forecastOf({ spec }: OpenedModel, recipe: Recipe, gpu: GpuInfo): MemoryForecast {
  return forecastQuantize(spec, recipe, resolveMethod(recipe.method, recipe.options), gpu)
}

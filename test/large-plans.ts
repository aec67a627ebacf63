import type { PlannedModule } from '../src/inspection-records'
import type { ModuleRecord } from '../src/records'
import { defaultRecipe } from '../src/state/recipe'
import { fakeMethods } from './fake-methods'
import { fakeModule } from './fake-model'

const DENSE = ['q', 'k', 'v', 'o', 'gate', 'up', 'down']

/** The linears of a dense model of so many layers. */
export const densePlan = (layers: number): PlannedModule[] =>
  Array.from({ length: layers }, (_, layer) =>
    DENSE.map((role) => ({ name: `model.layers.${layer}.${role}_proj`, layer, role, out: 64, in: 64 })),
  ).flat()

/** Those of a mixture of experts: attention, and three linears an expert. */
export const expertPlan = (layers: number, experts: number): PlannedModule[] =>
  Array.from({ length: layers }, (_, layer) => [
    ...DENSE.slice(0, 4).map((role) => ({ name: `model.layers.${layer}.${role}_proj`, layer, role, out: 64, in: 64 })),
    ...Array.from({ length: experts }, (_, expert) =>
      DENSE.slice(4).map((part) => ({
        ...{ name: `model.layers.${layer}.mlp.experts.${expert}.${part}_proj`, layer, out: 64, in: 64 },
        role: `experts.${expert}.${part}`,
      })),
    ).flat(),
  ]).flat()

/** Records of finished modules: all share their columns, each has an error of its own. */
export function finished(plan: readonly PlannedModule[]): ModuleRecord[] {
  const module = fakeModule(plan[0]!, defaultRecipe(fakeMethods[1]!, '', 'software'))
  return plan.map((planned, i) => ({
    ...module,
    ...planned,
    error: { weight: 0.001 * (1 + (i % 7)), output: 0.0001 * (1 + (i % 11)) * (1 + planned.layer) },
  }))
}

import type { Recipe } from '../../src/records'

/** The same text for the same recipe, however its fields are ordered. */
export const recipeKey = (recipe: Recipe): string => JSON.stringify(sorted(recipe))

/** What recipes of one key have in common that differ in nothing but their seed. */
export const seedlessKey = (recipe: Recipe): string => recipeKey({ ...recipe, seed: 0 })

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, sorted(field)]))
}

/** A field in which recipes differ; empty for a recipe whose method has no such option. */
export interface Difference {
  readonly key: string
  readonly values: readonly string[]
}

/** Every field in which the recipes differ, method first, seed last. */
export function differences(recipes: readonly Recipe[]): Difference[] {
  const flat = recipes.map(fieldsOf)
  const keys = [...new Set(flat.flatMap((fields) => [...fields.keys()]))]
  return keys
    .map((key) => ({ key, values: flat.map((fields) => fields.get(key) ?? '') }))
    .filter(({ values }) => new Set(values.filter((value) => value !== '')).size > 1)
}

function fieldsOf({
  method,
  options,
  calibration: { samples, length, pick, stream = 'sequential' },
  seed,
}: Recipe): Map<string, string> {
  const fields = Object.entries({ method, ...options, samples, length, pick, stream, seed })
  return new Map(fields.map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]))
}

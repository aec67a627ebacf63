import { counted } from '../counted'
import { FormatError } from '../errors'
import { readRecipe, recipeSchema } from '../recipe'
import type { Recipe } from '../records'
import type { MethodDescription, OptionDescription } from '../workers/api'

/** What the product is about, or what a software device finishes while one watches. */
export const PROPOSED = { hardware: 'mg-ptq', software: 'gptq' } as const

/** Windows enough for a steady Hessian, or few enough for a software device to finish while one watches. */
const CALIBRATION = { hardware: { samples: 128, length: 512 }, software: { samples: 8, length: 256 } }

export function defaultRecipe(method: MethodDescription, text: string, device: keyof typeof CALIBRATION): Recipe {
  return {
    version: 1,
    method: method.id,
    options: defaultOptions(method),
    calibration: { text, ...CALIBRATION[device], pick: 'first' },
    seed: 0,
  }
}

const defaultOptions = (method: MethodDescription): Record<string, unknown> =>
  Object.fromEntries(method.options.map((option) => [option.key, option.default]))

/**
 * Another method, keeping what was chosen for an option that both have under the same key and as the same type, where
 * the value fits the new one too. What nobody touched follows the new method's default.
 */
export function withMethod(recipe: Recipe, method: MethodDescription, from: MethodDescription): Recipe {
  const chosen = (key: string, type: string) => {
    const before = from.options.find((option) => option.key === key)
    return before?.type === type && recipe.options[key] !== before.default
  }
  const kept = method.options
    .filter(({ key, type }) => chosen(key, type))
    .filter((option) => !optionProblem(option, recipe.options[option.key]))
    .map((option) => [option.key, recipe.options[option.key]])
  return { ...recipe, method: method.id, options: { ...defaultOptions(method), ...Object.fromEntries(kept) } }
}

/** Why a value does not fit its option, in words for the form; null when it does. */
export function optionProblem(option: OptionDescription, value: unknown): string | null {
  switch (option.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'expected yes or no'
    case 'choice':
      return option.choices.some((choice) => choice.value === value)
        ? null
        : `expected one of ${option.choices.map((choice) => choice.value).join(', ')}`
    case 'text':
      if (typeof value !== 'string') return 'expected a text'
      return option.pattern === null || new RegExp(option.pattern).test(value)
        ? null
        : `expected ${option.placeholder ? `something like ${option.placeholder}` : 'another form'}`
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'expected a number'
      if (value < option.min || value > option.max) return `expected ${option.min} to ${option.max}`
      return Number.isInteger(option.step) && !Number.isInteger(value) ? 'expected a whole number' : null
    }
  }
}

/** Everything wrong with a recipe for this method, by field; empty when it can run. */
export function recipeProblems(recipe: Recipe, method: MethodDescription): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const option of method.options) {
    const problem = optionProblem(option, recipe.options[option.key])
    if (problem) problems[option.key] = problem
  }
  const shape = recipeSchema.safeParse(recipe)
  for (const issue of shape.error?.issues ?? []) problems[String(issue.path.at(-1) ?? 'recipe')] ??= issue.message
  if (method.needsCalibration && !recipe.calibration.text) problems.text = 'expected a calibration text'
  return problems
}

/** A recipe of another version of the page: options that it does not know follow their defaults. */
export const completed = (recipe: Recipe, method: MethodDescription): Recipe => ({
  ...recipe,
  options: { ...defaultOptions(method), ...recipe.options },
})

/** Reads a saved recipe. FormatError names the first field that is wrong and what to do. */
export function parseRecipe(json: string, methods: readonly MethodDescription[]): Recipe {
  const read = readRecipe({ name: 'recipe', text: json })
  const method = methods.find((candidate) => candidate.id === read.method)
  if (!method)
    throw new FormatError(
      `recipe method: expected ${methods.map((known) => known.id).join(' or ')}, got '${read.method}' — use a newer Bitloom`,
    )
  const known = new Set(method.options.map((option) => option.key))
  const stranger = Object.keys(read.options).find((key) => !known.has(key))
  if (stranger)
    throw new FormatError(
      `recipe options: expected only ${[...known].join(', ')}, got '${stranger}' — remove it or use a newer Bitloom`,
    )
  const recipe = completed(read, method)
  const [field, problem] = Object.entries(recipeProblems(recipe, method))[0] ?? []
  if (field && field !== 'text') throw new FormatError(`recipe ${field}: ${problem} — correct it in the file`)
  return recipe
}

export const recipeJson = (recipe: Recipe): string => `${JSON.stringify(recipe, null, 2)}\n`

/** Names that are more than an id in capitals. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ tesseraq: 'TesseraQ', omniquant: 'OmniQuant', billm: 'BiLLM' },
  ...{ sage: 'SAGE-PTQ', 'sage-plus': 'SAGE-PTQ+', 'compressed-tensors': 'compressed-tensors' },
}

/** One line that tells recipes apart: "GPTQ 4-bit g128". */
export function recipeLabel(recipe: Recipe): string {
  const { bits, groupSize, groups, allocator, allocation, init } = recipe.options
  const parts = [NAMES[recipe.method] ?? recipe.method.toUpperCase()]
  if (typeof allocator === 'string') parts.push(allocator)
  if (typeof init === 'string' && init !== 'none') parts.push(init)
  if (allocation === 'mg-ptq') parts.push(allocation)
  if (typeof bits === 'number') parts.push(`${bits}-bit`)
  // 0: chosen for every matrix
  if (typeof groups === 'number' && groups > 0) parts.push(counted(groups, 'amplitude'))
  if (typeof groupSize === 'number') parts.push(groupSize > 0 ? `g${groupSize}` : 'per row')
  return parts.join(' ')
}

/** Mean width that every layer is to have; null where none is asked for, or only of the model, or with its scales. */
export function targetWidth(recipe: Recipe | undefined): number | null {
  const { bits, budget, bounds } = recipe?.options ?? {}
  return typeof bits === 'number' && budget !== 'model' && bounds !== 'effective' ? bits : null
}

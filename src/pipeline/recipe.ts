import { resolveMethod } from '../methods/registry'
import { readRecipe } from '../recipe'
import type { Recipe } from '../records'

/** What a run does when nothing is said. */
export const defaultRecipe = (method: string): Recipe => ({
  version: 1,
  method,
  options: resolveMethod(method, {}).options as Record<string, unknown>,
  calibration: { text: 'moby-dick', samples: 128, length: 512, pick: 'first' },
  seed: 0,
})

/** A recipe from its JSON, checked to the last option and completed with the method's defaults. */
export function recipeFromJson(file: { readonly name: string; readonly text: string }): Recipe {
  const recipe = readRecipe(file)
  return { ...recipe, options: resolveMethod(recipe.method, recipe.options).options as Record<string, unknown> }
}

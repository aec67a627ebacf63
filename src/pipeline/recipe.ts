import { z } from 'zod'
import { FormatError } from '../errors'
import { resolveMethod } from '../methods/registry'
import type { Recipe } from '../records'

const schema: z.ZodType<Recipe> = z.object({
  version: z.literal(1),
  method: z.string(),
  options: z.record(z.string(), z.unknown()),
  calibration: z.object({
    text: z.string(),
    samples: z.int().min(1).max(65536),
    length: z.int().min(2).max(131072),
    pick: z.enum(['first', 'random']).default('first'),
  }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
})

/** What a run does when nothing is said. */
export const defaultRecipe = (method: string): Recipe => ({
  version: 1,
  method,
  options: resolveMethod(method, {}).options as Record<string, unknown>,
  calibration: { text: 'moby-dick', samples: 128, length: 512, pick: 'first' },
  seed: 0,
})

/** A recipe from its JSON, checked to the last option and completed with the method's defaults. */
export function recipeFromJson({ name, text }: { name: string; text: string }): Recipe {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FormatError(
      `${name}: expected a recipe in JSON, got ${(error as Error).message} — choose a recipe that Bitloom saved`,
    )
  }
  const result = schema.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]!
    throw new FormatError(`${name}: '${issue.path.join('.')}': ${issue.message} — correct the recipe`)
  }
  const recipe = result.data
  return { ...recipe, options: resolveMethod(recipe.method, recipe.options).options as Record<string, unknown> }
}

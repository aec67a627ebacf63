import { z } from 'zod'
import { FormatError } from './errors'
import { parseJson } from './json'
import type { Recipe } from './records'

/** The shape of a recipe; whether its options fit its method is the method's to say. */
export const recipeSchema: z.ZodType<Recipe> = z.strictObject({
  version: z.literal(1),
  method: z.string().min(1),
  options: z.record(z.string(), z.unknown()),
  calibration: z.strictObject({
    text: z.string(),
    samples: z.int().min(1).max(65536),
    length: z.int().min(2).max(131072),
    pick: z.enum(['first', 'random']).default('first'),
    stream: z.enum(['sequential', 'original']).optional(),
  }),
  seed: z.int().min(0).max(0xffffffff),
})

/** Reads the JSON of a recipe. FormatError names the first field that is wrong and what to do. */
export function readRecipe({ name, text }: { readonly name: string; readonly text: string }): Recipe {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    throw new FormatError(
      `${name}: expected a recipe in JSON, got '${(error as Error).message}' — choose a recipe that Bitloom saved`,
    )
  }
  const result = recipeSchema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw new FormatError(
    `${name}: ${issue.path.join('.') || 'document'}: ${issue.message} — correct it, or choose a recipe that Bitloom saved`,
  )
}

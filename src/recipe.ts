import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'
import { FormatError } from './errors'
import { parseJson } from './json'
import type { Recipe } from './records'

// the small build of Zod, which the page carries, has no words of its own
z.config(en())

const whole = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most))

/** The shape of a recipe; whether its options fit its method is the method's to say. */
export const recipeSchema: z.ZodMiniType<Recipe> = z.strictObject({
  version: z.literal(1),
  method: z.string().check(z.minLength(1)),
  options: z.record(z.string(), z.unknown()),
  calibration: z.strictObject({
    text: z.string(),
    samples: whole(1, 65536),
    length: whole(2, 131072),
    pick: z._default(z.enum(['first', 'random']), 'first'),
    stream: z.optional(z.enum(['sequential', 'original'])),
  }),
  seed: whole(0, 0xffffffff),
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

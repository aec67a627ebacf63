import { basename } from 'node:path'
import { z } from 'zod'
import { FormatError } from '../../src/errors'
import { parseJson } from '../../src/json'
import { recipeFromJson } from '../../src/pipeline/recipe'
import type { Recipe } from '../../src/records'
import { UsageError } from '../command'
import { type Flag, type Flags, readValue, type Value } from '../flags'
import { readText } from '../input'
import { flagName, type RecipeArguments, recipeFlags, recipeFrom } from '../recipe-flags'
import { recipeKey } from './recipe-fields'

/** One run to come. */
export interface Planned {
  /** What a file of recipes calls it. */
  readonly label: string | null
  readonly recipe: Recipe
}

/** An option and the values that it is to take. */
interface Sweep {
  readonly flag: string
  readonly values: readonly Value[]
}

const listSchema = z
  .array(z.strictObject({ label: z.string().min(1).optional(), recipe: z.record(z.string(), z.unknown()) }))
  .min(1)

/**
 * Every recipe of a file (or the one that the flags describe) with every combination of the swept values, flags beside
 * them applied to all; a recipe that comes up twice is run once. UsageError for a sweep that cannot be, FormatError for a
 * file that holds no recipes.
 */
export async function planRuns(
  args: RecipeArguments,
  recipes: string | undefined,
  sweeps: readonly string[],
): Promise<Planned[]> {
  const { values, given } = args
  if (recipes !== undefined && values.recipe !== undefined)
    throw new UsageError('compare: --recipe: expected no other recipe beside --recipes, got one — add it to that file')
  const starts =
    recipes === undefined ? [{ label: null, recipe: await savedRecipe(values.recipe) }] : await read(recipes)
  const combinations = product(sweeps.map(readSweep))
  const planned = new Map<string, Planned>()
  for (const { label, recipe: saved } of starts)
    for (const combination of combinations) {
      const told = { ...values, ...combination } as RecipeArguments['values']
      const recipe = recipeFrom(
        'compare',
        { values: told, given: new Set([...given, ...Object.keys(combination)]) },
        saved,
      )
      const key = recipeKey(recipe)
      if (!planned.has(key)) planned.set(key, { label, recipe })
    }
  return [...planned.values()]
}

const savedRecipe = async (path: string | undefined): Promise<Recipe | null> =>
  path === undefined ? null : recipeFromJson(await readText(path))

async function read(path: string): Promise<Planned[]> {
  const { text } = await readText(path)
  const name = basename(path)
  let json: unknown
  try {
    json = parseJson(text)
  } catch (error) {
    throw new FormatError(`${name}: expected recipes in JSON, got '${(error as Error).message}' — correct it`)
  }
  const list = listSchema.safeParse(json)
  if (!list.success) {
    const [issue] = list.error.issues
    throw new FormatError(
      `${name}: expected a list of {"label", "recipe"}, got at '${issue?.path.join('.') || 'document'}': ${issue?.message} — correct it`,
    )
  }
  return list.data.map(({ label = null, recipe }, at) => {
    const which = `${name}: recipe ${at + 1}${label === null ? '' : ` '${label}'`}`
    try {
      return { label, recipe: recipeFromJson({ name: 'recipe', text: JSON.stringify(recipe) }) }
    } catch (error) {
      throw error instanceof FormatError ? new FormatError(`${which}: ${error.message}`) : error
    }
  })
}

const sweepable: Flags = Object.fromEntries(
  Object.entries<Flag>(recipeFlags).filter(([name]) => name !== 'recipe' && name !== 'calibration'),
)

/** `option=a,b,c`, or `option=a;b;c` for values with commas in them. */
function readSweep(text: string): Sweep {
  const [, key = '', list = ''] = /^([\w-]+)=(.+)$/.exec(text) ?? []
  if (!list) throw new UsageError(`compare: --sweep: expected option=value,value,…, got '${text}' — e.g. bits=2,3,4`)
  const name = flagName(key)
  const flag = sweepable[name]
  if (!flag)
    throw new UsageError(
      `compare: --sweep: expected an option out of ${Object.keys(sweepable).join(', ')}, got '${key}' — choose one of them`,
    )
  try {
    return { flag: name, values: list.split(list.includes(';') ? ';' : ',').map((value) => sweptValue(flag, value)) }
  } catch (error) {
    throw new UsageError(`compare: --sweep ${name}: ${(error as Error).message}`)
  }
}

function sweptValue(flag: Flag, text: string): Value {
  if (flag.type !== 'switch') return readValue(flag, text)
  if (text !== 'true' && text !== 'false') throw new Error(`expected true or false, got '${text}'`)
  return text === 'true'
}

/** Every combination, the last sweep running fastest. */
function product(sweeps: readonly Sweep[]): Readonly<Record<string, Value>>[] {
  const twice = sweeps.find(({ flag }, at) => sweeps.findIndex((other) => other.flag === flag) < at)
  if (twice) throw new UsageError(`compare: --sweep ${twice.flag}: expected it once, got it twice — join the values`)
  return sweeps.reduce<Readonly<Record<string, Value>>[]>(
    (all, { flag, values }) => all.flatMap((one) => values.map((value) => ({ ...one, [flag]: value }))),
    [{}],
  )
}

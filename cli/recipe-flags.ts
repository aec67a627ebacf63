import { basename } from 'node:path'
import { FormatError } from '../src/errors'
import type { OptionDescription } from '../src/methods/description'
import { describeMethod } from '../src/methods/options'
import { methods } from '../src/methods/registry'
import { defaultRecipe, recipeFromJson } from '../src/pipeline/recipe'
import type { Recipe } from '../src/records'
import { type Arguments, UsageError } from './command'
import type { Flag, Flags } from './flags'
import { readText } from './input'

const fallback = defaultRecipe('gptq')
const descriptions = methods.map(describeMethod)

/** camelCase option key as a flag, e.g. groupSize → group-size. */
const flagName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** An option of a method as a flag: range, choices, default and help are its schema's. */
function optionFlag(option: OptionDescription): Flag {
  const users = descriptions.filter(({ options }) => options.some(({ key }) => key === option.key))
  const only = users.length < descriptions.length ? `${users.map(({ title }) => title).join(', ')} only: ` : ''
  const help = `${only}${option.help}`
  if (option.type === 'boolean') return { type: 'switch', help }
  if (option.type === 'choice') {
    const choices = option.choices.map(({ value }) => value)
    const labelled = option.choices.filter(({ value, label }) => label !== String(value))
    const labels = labelled.map(({ value, label }) => `${value} is ${label}`).join(', ')
    return { type: 'choice', choices, default: option.default, help: labels ? `${help} (${labels}.)` : help }
  }
  if (option.type === 'text')
    return { type: 'text', value: option.placeholder || 'TEXT', default: option.default, help }
  const { min, max, step, default: start } = option
  return { type: 'number', value: 'X', min, max, whole: Number.isInteger(step), default: start, help }
}

const optionFlags: Flags = Object.fromEntries(
  descriptions.flatMap(({ options }) => options.map((option) => [flagName(option.key), optionFlag(option)])),
)

/** Every flag that says how to quantize. */
export const recipeFlags = {
  method: {
    ...{ type: 'choice', choices: methods.map(({ id }) => id), default: fallback.method },
    help: 'Quantization method.',
  },
  ...optionFlags,
  calibration: { type: 'text', value: 'FILE', help: 'Calibration text; methods that look at data need one.' },
  samples: {
    ...{ type: 'number', value: 'S', min: 1, max: 65536, whole: true, default: fallback.calibration.samples },
    help: 'Calibration windows.',
  },
  'seq-len': {
    ...{ type: 'number', value: 'L', min: 2, max: 131072, whole: true, default: fallback.calibration.length },
    help: 'Tokens a window.',
  },
  pick: {
    ...{ type: 'choice', choices: ['first', 'random'], default: fallback.calibration.pick },
    help: 'The first windows of the text, or windows drawn by the seed.',
  },
  seed: {
    ...{ type: 'number', value: 'K', min: 0, max: 2 ** 32 - 1, whole: true, default: fallback.seed },
    help: 'Seed of everything random.',
  },
  recipe: { type: 'text', value: 'FILE', help: 'Saved recipe to start from; flags beside it change it.' },
} as const satisfies Flags

/** The recipe that the flags describe, on top of a saved one. */
export async function recipeOf({ values, given }: Arguments<typeof recipeFlags>): Promise<Recipe> {
  const saved = values.recipe === undefined ? null : recipeFromJson(await readText(values.recipe))
  const start = saved ?? fallback
  const told = <T>(flag: keyof typeof recipeFlags, value: T, otherwise: T): T => (given.has(flag) ? value : otherwise)
  const method = told('method', String(values.method), start.method)
  const known = descriptions.find(({ id }) => id === method)!.options
  const foreign = Object.keys(optionFlags).find(
    (flag) => given.has(flag) && !known.some(({ key }) => flagName(key) === flag),
  )
  if (foreign)
    throw new UsageError(`quantize: --${foreign}: expected an option of ${method}, got one of another method`)
  const options: Record<string, unknown> = saved?.method === method ? { ...saved.options } : {}
  for (const { key } of known)
    if (given.has(flagName(key))) options[key] = (values as Readonly<Record<string, unknown>>)[flagName(key)]
  const calibration = {
    text: values.calibration === undefined ? start.calibration.text : basename(values.calibration),
    samples: told('samples', values.samples, start.calibration.samples),
    length: told('seq-len', values['seq-len'], start.calibration.length),
    pick: told('pick', values.pick, start.calibration.pick),
  }
  const recipe = { version: 1, method, options, calibration, seed: told('seed', values.seed, start.seed) }
  try {
    return recipeFromJson({ name: 'command line', text: JSON.stringify(recipe) })
  } catch (error) {
    // the saved recipe was in order: what does not fit came from the flags
    if (error instanceof FormatError) throw new UsageError(`quantize: ${error.message}`)
    throw error
  }
}

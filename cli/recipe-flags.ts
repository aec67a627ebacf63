import { basename } from 'node:path'
import { FormatError } from '../src/errors'
import { type OptionDescription, presetOptions } from '../src/methods/description'
import { describeMethod } from '../src/methods/options'
import { foreignOption, methods } from '../src/methods/registry'
import { defaultRecipe, recipeFromJson } from '../src/pipeline/recipe'
import type { Recipe } from '../src/records'
import { type Arguments, UsageError } from './command'
import type { Flag, Flags } from './flags'
import { readText } from './input'

const fallback = defaultRecipe('gptq')
const descriptions = methods.map(describeMethod)

/** camelCase option key as a flag, e.g. groupSize → group-size. */
export const flagName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const keyOf = (flag: string): string => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** An option as it is in the methods that say and take the same. */
interface Reading {
  readonly titles: string[]
  readonly option: OptionDescription
  readonly help: string
}

/** An option as a flag: range, choices, default and help are its schema's; of several schemas, what any of them takes. */
function optionFlag(key: string): Flag {
  const readings: Reading[] = []
  for (const { title, options } of descriptions)
    for (const option of options.filter((candidate) => candidate.key === key)) {
      const help = helpOf(option)
      const alike = readings.find((reading) => reading.help === help && reading.option.default === option.default)
      if (alike) alike.titles.push(title)
      else readings.push({ titles: [title], option, help })
    }
  const [first] = readings as [Reading]
  if (readings.length > 1)
    return merged(
      readings.map(({ option }) => option),
      readings.map(({ titles, option, help }) => `${titles.join(', ')}: ${help} Default: ${option.default}.`).join(' '),
    )
  const only = first.titles.length < descriptions.length ? `${first.titles.join(', ')} only: ` : ''
  const flag = merged([first.option], `${only}${first.help}`)
  return flag.type === 'switch' ? flag : ({ ...flag, default: first.option.default } as Flag)
}

function helpOf(option: OptionDescription): string {
  if (option.type !== 'choice') return option.help
  const labelled = option.choices.filter(({ value, label }) => label !== String(value))
  const labels = labelled.map(({ value, label }) => `${value} is ${label}`).join(', ')
  return labels ? `${option.help} (${labels}.)` : option.help
}

/** A flag that takes what any of the options does; whether the method at hand does is its schema's to say. */
function merged(options: readonly OptionDescription[], help: string): Flag {
  const [first] = options as [OptionDescription]
  if (first.type === 'boolean') return { type: 'switch', help }
  if (first.type === 'text') return { type: 'text', value: first.placeholder || 'TEXT', help }
  const choices = options.flatMap((option) =>
    option.type === 'choice' ? option.choices.map(({ value }) => value) : [],
  )
  const ranges = options.filter((option) => option.type === 'number')
  if (ranges.length === 0) return { type: 'choice', choices: [...new Set(choices)], help }
  const ends = [...choices.map(Number), ...ranges.flatMap(({ min, max }) => [min, max])]
  const whole = ranges.every(({ step }) => Number.isInteger(step))
  return { type: 'number', value: 'X', min: Math.min(...ends), max: Math.max(...ends), whole, help }
}

/** Flags of methods' options; none may be a flag of the recipe itself, which would hide it. */
export const optionFlags: Flags = Object.fromEntries(
  descriptions.flatMap(({ options }) => options.map(({ key }) => [flagName(key), optionFlag(key)])),
)

const presets = descriptions.flatMap((method) => method.presets.map((preset) => ({ method, preset })))

/** What every preset means, by method. */
const presetHelp = descriptions
  .filter((method) => method.presets.length > 0)
  .map(({ title, presets: own }) => `${title}: ${own.map(({ name, summary }) => `'${name}' — ${summary}`).join(' ')}`)
  .join(' ')

/** Every flag that says how to quantize. */
export const recipeFlags = {
  method: {
    ...{ type: 'choice', choices: methods.map(({ id }) => id), default: fallback.method },
    help: 'Quantization method.',
  },
  preset: {
    ...{ type: 'choice', choices: [...new Set(presets.map(({ preset }) => preset.name))] },
    help: `Settings that go together; flags beside it change them. ${presetHelp}`,
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
  stream: {
    ...{ type: 'choice', choices: ['sequential', 'original'], default: 'sequential' },
    help: 'What a block is calibrated on: what the quantized blocks before it produce, or what the original ones do; only then blocks can be made apart, by several machines.',
  },
  seed: {
    ...{ type: 'number', value: 'K', min: 0, max: 2 ** 32 - 1, whole: true, default: fallback.seed },
    help: 'Seed of everything random.',
  },
  recipe: { type: 'text', value: 'FILE', help: 'Saved recipe to start from; flags beside it change it.' },
} as const satisfies Flags

export type RecipeArguments = Pick<Arguments<typeof recipeFlags>, 'values' | 'given'>

/** The recipe that a command's flags describe, on top of the saved one that they name. */
export async function recipeOf(command: string, args: RecipeArguments): Promise<Recipe> {
  const { recipe } = args.values
  return recipeFrom(command, args, recipe === undefined ? null : recipeFromJson(await readText(recipe)))
}

/** The recipe that a command's flags make of a saved one, or of none. */
export function recipeFrom(command: string, { values, given }: RecipeArguments, saved: Recipe | null): Recipe {
  const start = saved ?? fallback
  const told = <T>(flag: keyof typeof recipeFlags, value: T, otherwise: T): T => (given.has(flag) ? value : otherwise)
  const method = told('method', String(values.method), start.method)
  const description = descriptions.find(({ id }) => id === method)!
  const known = description.options
  const foreign = Object.keys(optionFlags).find(
    (flag) => given.has(flag) && !known.some(({ key }) => flagName(key) === flag),
  )
  if (foreign) throw new UsageError(`${command}: --${foreign}: ${foreignOption(method, keyOf(foreign))}`)
  const preset = given.has('preset') ? description.presets.find(({ name }) => name === values.preset) : undefined
  if (given.has('preset') && !preset)
    throw new UsageError(`${command}: --preset: expected a preset of ${method}, got '${values.preset}' — leave it out`)
  const options: Record<string, unknown> = {
    ...(saved?.method === method && saved.options),
    ...(preset && presetOptions(description, preset)),
  }
  for (const { key } of known)
    if (given.has(flagName(key))) options[key] = (values as Readonly<Record<string, unknown>>)[flagName(key)]
  const meant = preset?.calibration ?? start.calibration
  const calibration = {
    text: values.calibration === undefined ? start.calibration.text : basename(values.calibration),
    samples: told('samples', values.samples, meant.samples),
    length: told('seq-len', values['seq-len'], meant.length),
    pick: told('pick', values.pick, start.calibration.pick),
    stream: told('stream', values.stream, start.calibration.stream),
  }
  const recipe = { version: 1, method, options, calibration, seed: told('seed', values.seed, start.seed) }
  try {
    return recipeFromJson({ name: 'command line', text: JSON.stringify(recipe) })
  } catch (error) {
    // the saved recipe was in order: what does not fit came from the flags
    if (error instanceof FormatError) throw new UsageError(`${command}: ${error.message}`)
    throw error
  }
}

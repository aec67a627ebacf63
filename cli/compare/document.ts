import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { StorageError } from '../../src/errors'
import { parseJson } from '../../src/json'
import { recipeSchema } from '../../src/recipe'
import { writeFile } from '../output'

const scoreSchema = z.strictObject({
  perplexity: z.number(),
  nll: z.number(),
  /** Of 95 %, over windows; missing in documents that were written before it was kept. */
  interval: z.strictObject({ low: z.number(), high: z.number() }).nullish(),
  tokens: z.number(),
  windows: z.number(),
  seconds: z.number(),
})
const scoresSchema = z.record(z.string(), scoreSchema)
const bitsSchema = z.strictObject({ code: z.number(), scale: z.number(), index: z.number(), total: z.number() })

const doneSchema = z.strictObject({
  label: z.string().nullable(),
  recipe: recipeSchema,
  bits: bitsSchema,
  /** Means over the modules, as in their records; null where one has none. */
  error: z.strictObject({ weight: z.number().nullable(), output: z.number().nullable() }),
  /** Of the last block; null without calibration. */
  drift: z.number().nullable(),
  /** Mean width that the trained networks chose by themselves, before it was brought to the target; null without any. */
  chosenBits: z.number().nullable(),
  /** As the method's paper counts bits; null or missing where that is what is stored. */
  published: z.strictObject({ weight: z.number(), scale: z.number() }).nullish(),
  /** Mean number of amplitudes of a module's signs; null or missing where it has none. */
  groups: z.number().nullish(),
  perplexity: scoresSchema,
  /** Of the quantization, `total` and by phase; measuring has its own in the scores. */
  seconds: z.record(z.string(), z.number()),
  peakGpuBytes: z.number(),
  warnings: z.number(),
})
const failedSchema = z.strictObject({ label: z.string().nullable(), recipe: recipeSchema, failure: z.string() })

const textSchema = z.strictObject({ name: z.string(), characters: z.number(), digest: z.string() })

const comparisonSchema = z.strictObject({
  version: z.literal(1),
  model: z.strictObject({ name: z.string(), parameters: z.number(), bytes: z.number() }),
  device: z.strictObject({ name: z.string(), software: z.boolean() }),
  bitloom: z.string(),
  protocol: z.string(),
  texts: z.array(textSchema),
  calibration: textSchema.nullable(),
  unquantized: z.strictObject({ perplexity: scoresSchema }),
  runs: z.array(z.union([doneSchema, failedSchema])),
})

export type Score = z.infer<typeof scoreSchema>
/** By the name of the text. */
export type Scores = Readonly<Record<string, Score>>
export type DoneRun = z.infer<typeof doneSchema>
export type FailedRun = z.infer<typeof failedSchema>
export type TextIdentity = z.infer<typeof textSchema>
/** Runs of one model on one device, measured the same way: what `--out` holds. */
export type Comparison = z.infer<typeof comparisonSchema>
/** What all runs of a comparison have in common. */
export type Setting = Omit<Comparison, 'unquantized' | 'runs'>

export const isDone = (run: DoneRun | FailedRun): run is DoneRun => !('failure' in run)

/** The comparison that a file holds; null where there is no file yet. StorageError for any other file. */
export async function readComparison(path: string): Promise<Comparison | null> {
  const text = await readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    if (code === 'ENOENT') return null
    throw new StorageError(`output: expected to read '${path}', got '${code}' — choose another --out`)
  })
  if (text === null) return null
  const stranger = (got: string) =>
    new StorageError(`output: expected a comparison in '${path}', got ${got} — choose another --out`)
  let json: unknown
  try {
    json = parseJson(text, Number.POSITIVE_INFINITY)
  } catch {
    throw stranger('a file that is no JSON')
  }
  const result = comparisonSchema.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw stranger(`a document with ${issue?.path.join('.') || 'another shape'}: ${issue?.message}`)
}

/** Runs are only comparable under one setting. StorageError names the first thing in which a file's differs. */
export function checkSetting(path: string, found: Setting, wanted: Setting): void {
  for (const key of ['model', 'device', 'bitloom', 'protocol', 'texts', 'calibration'] as const) {
    const [got, expected] = [found[key], wanted[key]].map((value) => JSON.stringify(value))
    if (got !== expected)
      throw new StorageError(
        `output: expected runs with ${key} ${expected} in '${path}', got ${got} — choose another --out`,
      )
  }
}

/** The file always holds a whole document, the one before or this one; a run a line, so that versions compare well. */
export async function writeComparison(path: string, comparison: Comparison): Promise<void> {
  const { runs, ...rest } = comparison
  const head = Object.entries(rest).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`)
  const lines = runs.map((run) => `\n    ${JSON.stringify(run)}`)
  const text = `{\n${head.join('')}  "runs": [${lines.join(',')}\n  ]\n}\n`
  const chunks = async function* () {
    yield new TextEncoder().encode(text)
  }
  await writeFile(path, chunks(), undefined)
}

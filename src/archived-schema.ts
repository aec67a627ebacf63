import { z } from 'zod'
import { refine } from 'zod/mini'
import { MOST } from './archived-run'
import type { DivergenceReport, PerplexityReport, ZeroShotReport } from './measurement-records'
import { divergenceReport, named, perplexityReport, real, taskReport } from './measurement-schema'
import { recipeSchema } from './recipe'
import type { Recipe } from './records'

/** What a record of a run may hold. It comes from anybody's files, too, so every text and list has a bound. */

const name = z.string().max(512)
const sentence = z.string().max(2000)
const count = z.int().min(0)
const finite = z.number()
const bits = z.object({ code: finite, scale: finite, index: finite, total: finite })
/** Of maps and curves, which leave out what is no number, and have no place for infinity. */
const drawn = z.union([z.number(), z.literal('NaN').transform(() => Number.NaN)])
const share = z.object({ value: finite, error: finite.nullable() })

/** Where a model can be opened again. */
export const homeSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('page'), name }),
  z.object({ from: z.literal('hub'), folder: name, name }),
  z.object({ from: z.literal('files'), names: z.array(name).max(10_000).readonly() }),
])

const tag = z.string().min(1).max(MOST.tag)
export const remarksSchema = z.object({ tags: z.array(tag).max(MOST.tags).readonly(), note: z.string().max(MOST.note) })

/** What a person says of a run. */
export type Remarks = Readonly<z.infer<typeof remarksSchema>>

/** How a perplexity was measured. */
const setting = { text: name, protocol: name, maxTokens: count.nullable() }

const score = z.object({
  ...setting,
  perplexity: finite.nullable(),
  low: finite.nullable(),
  high: finite.nullable(),
  /** Of the model before. */
  original: finite.nullable(),
  /** Mean KL from the original, nats a token, and the part of the tokens whose likeliest one stays. */
  kl: finite.nullable(),
  top: finite.nullable(),
})

/** What was measured of a run under one setting; null where it was not. */
export type RunScore = Readonly<z.infer<typeof score>>

const taskScore = z.object({ task: name, items: count, accuracy: share.nullable(), original: share.nullable() })

const head = z.object({
  id: z.string().regex(/^[0-9a-f-]{8,64}$/),
  /** Counts the runs of this browser. */
  number: count,
  /** When it was finished, in milliseconds since 1970. */
  made: z.number(),
  /** The same of its last change. */
  changed: z.number(),
  seconds: finite,
  bitloom: name,
  browser: name,
  device: z.object({ name, software: z.boolean() }),
  /** `digest` as in a run's fingerprint; null where nobody knows. */
  model: z.object({ name, digest: name.nullable(), parameters: finite, bytes: finite }),
  home: homeSchema,
  recipe: recipeSchema.check(
    refine(({ options }: Recipe) => JSON.stringify(options).length <= MOST.options, 'expected fewer options'),
  ),
  bits,
  /** Mean width of the codes, without padding. */
  width: finite,
  /** Median output error of the modules, or of their weights where nothing was calibrated; null where that is no number. */
  error: finite.nullable(),
  /** Of the packed file. */
  packedBytes: finite,
  scores: z.array(score).max(1000).readonly(),
  tasks: z.array(taskScore).max(1000).readonly(),
  ...remarksSchema.shape,
  /** Where the packed codes are, in this browser's `runs`; `kept` beyond the next run. */
  result: z.object({ folder: name, bytes: count, kept: z.boolean() }).nullable(),
})

/** What tables and charts need of a run: JSON as it is, what is not finite being null. */
export type RunHead = Readonly<z.infer<typeof head>>

const series = z.record(z.string().max(40), z.array(drawn).max(1000).readonly())

const module = z.object({
  ...{ name, layer: count, role: name, out: count, in: count, bits, width: finite },
  error: z.object({ weight: drawn, output: drawn.nullable() }),
  ...{ damping: real.nullable(), seconds: finite, flips: real.nullable() },
  /** How widths, or with the last linear of a block its roundings, were learned: some of the recorded steps. */
  ...{ training: series.nullable(), reconstruction: series.nullable() },
})

/** A map has a cell for each layer and role, whether there is such a linear or not. */
function fitsMap(modules: readonly { readonly layer: number; readonly role: string }[]): boolean {
  const [roles, layers] = [new Set(modules.map(({ role }) => role)), new Set(modules.map(({ layer }) => layer))]
  return roles.size * layers.size <= MOST.cells
}

/** A linear as it is kept: without what is told of its columns. */
export type ArchivedModule = Readonly<z.infer<typeof module>>

const perplexity: z.ZodType<PerplexityReport> = perplexityReport
const divergence: z.ZodType<DivergenceReport> = divergenceReport
const task: z.ZodType<ZeroShotReport> = taskReport

const measured = z.object({
  /** SHA-256 of texts by their names, where they are not of the Hub. */
  texts: z.record(name, name),
  perplexities: z
    .array(z.object({ ...setting, before: perplexity.nullable(), after: perplexity.nullable() }))
    .max(1000)
    .readonly(),
  divergences: z
    .array(z.object({ ...setting, report: divergence }))
    .max(1000)
    .readonly(),
  tasks: z
    .array(
      z.object({
        ...{ file: name, bytes: count, items: count },
        ...{ before: task.nullable(), after: task.nullable() },
      }),
    )
    .max(1000)
    .readonly(),
})

/** All that was measured of a run. */
export type RunMeasured = Readonly<z.infer<typeof measured>>

const body = z.object({
  calibrationDigest: name.nullable(),
  phases: z.record(z.string().max(40), real),
  peakGpuBytes: real,
  resumed: count,
  warnings: z.array(sentence).max(10_000).readonly(),
  modules: z.array(module).max(MOST.cells).readonly().refine(fitsMap, 'expected fewer roles or layers'),
  measured,
})

export const archivedRunSchema = z.object({ version: z.literal(1), head, body })

/** A whole run as it is kept. */
export type ArchivedRun = Readonly<z.infer<typeof archivedRunSchema>>

export const archivedJson = (run: ArchivedRun): string => JSON.stringify(run, named)

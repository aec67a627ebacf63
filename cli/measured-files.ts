import { z } from 'zod'
import { FormatError } from '../src/errors'
import type { DivergenceReport, PerplexityReport, SensitivityReport, ZeroShotReport } from '../src/records'
import { readText } from './input'

const number = z.number()
const text = z.string().max(1000)
const interval = z.object({ low: number, high: number }).nullable()
const share = z.object({ value: number, error: number.nullable() })
const setting = { protocol: text, text, tokens: number, windows: number, seconds: number }
const positions = z
  .array(z.object({ from: number, to: number, nll: number }))
  .min(1)
  .max(1000)
const side = { perplexity: number, nll: number, interval, positions }

const perplexity = z.object({ ...setting, ...side, stored: z.boolean() }) satisfies z.ZodType<PerplexityReport>

const kl = { mean: number, interval, median: number, p90: number, p95: number, p99: number, p999: number, max: number }
const divergence = z.object({
  ...{ ...setting, stored: z.boolean(), kl: z.object(kl), topAgreement: share },
  probabilityChange: z.object({ mean: number, rms: number }),
  ...{ original: z.object(side), quantized: z.object(side), ratio: z.object({ value: number, interval }) },
  histogram: z
    .object({ from: number, to: number, counts: z.array(z.int().min(0)).min(1).max(1000) })
    .refine(({ from, to, counts }) => to > from && counts.some((count) => count > 0), 'expected a range and counts'),
}) satisfies z.ZodType<DivergenceReport>

const sensitivity = z.object({
  ...{ ...setting, by: z.enum(['module', 'layer', 'role']), perplexity: number, interval },
  ...{ widths: z.array(number).min(1).max(8), groupSize: number, symmetric: z.boolean() },
  records: z.array(
    z.object({
      unit: text,
      modules: z.array(text),
      bits: number,
      kl: number,
      interval,
      topAgreement: number,
      perplexity: number,
    }),
  ),
}) satisfies z.ZodType<SensitivityReport>

const task = z.object({
  ...{ task: text, kind: z.enum(['choices', 'hellaswag', 'contexts', 'lastWord']), items: number },
  ...{ accuracy: share, normalized: share.nullable(), perplexity: number.nullable() },
  ...{ gold: z.array(number), predictions: z.array(number), normalizedPredictions: z.array(number).nullable() },
  ...{ logLikelihoods: z.array(z.array(number)), stored: z.boolean(), seconds: number },
}) satisfies z.ZodType<ZeroShotReport>

const names = { model: text }
const shapes = {
  divergences: { key: 'kl', schema: divergence.extend({ ...names, reference: text }) },
  sensitivities: { key: 'records', schema: sensitivity.extend(names) },
  tasks: { key: 'tasks', schema: z.object({ ...names, tasks: z.array(task) }) },
  perplexities: { key: 'nll', schema: perplexity.extend(names) },
} as const

type Shapes = { [K in keyof typeof shapes]: z.infer<(typeof shapes)[K]['schema']>[] }

/** What files of `--json` hold, by its kind. */
export type Measured = Readonly<Shapes>

/** Reads what `eval --json` and `sensitivity --json` printed. FormatError names the file and the field. */
export async function readMeasured(paths: readonly string[]): Promise<Measured> {
  const measured: Shapes = { divergences: [], sensitivities: [], tasks: [], perplexities: [] }
  for (const path of paths) {
    const { text: json } = await readText(path)
    const remedy = 'give what eval --json or sensitivity --bits … --json printed'
    let value: unknown
    try {
      value = JSON.parse(json)
    } catch {
      throw new FormatError(`${path}: expected JSON, got something else — ${remedy}`)
    }
    const kinds = Object.keys(shapes) as (keyof Shapes)[]
    const kind = kinds.find((one) => typeof value === 'object' && value !== null && shapes[one].key in value)
    if (!kind) throw new FormatError(`${path}: expected a measurement, got another document — ${remedy}`)
    const result = shapes[kind].schema.safeParse(value)
    if (!result.success) {
      const issue = result.error.issues[0]!
      throw new FormatError(`${path}: ${issue.path.join('.')}: ${issue.message} — ${remedy}`)
    }
    ;(measured[kind] as unknown[]).push(result.data)
  }
  return measured
}

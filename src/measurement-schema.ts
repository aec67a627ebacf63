import { z } from 'zod'
import type { DivergenceReport, PerplexityReport, SensitivityReport, ZeroShotReport } from './measurement-records'

/** JSON has no NaN and no infinity, results do: they travel by name. */
export const real = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])

/** Writes what `real` reads: for JSON.stringify. */
export const named = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

const text = z.string().max(1000)
const interval = z.object({ low: real, high: real }).nullable()
const share = z.object({ value: real, error: real.nullable() })
const setting = { protocol: text, text, tokens: real, windows: real, seconds: real }
const positions = z
  .array(z.object({ from: real, to: real, nll: real }))
  .min(1)
  .max(1000)
const side = { perplexity: real, nll: real, interval, positions }

export const perplexityReport = z.object({
  ...{ ...setting, ...side, stored: z.boolean() },
}) satisfies z.ZodType<PerplexityReport>

const kl = { mean: real, interval, median: real, p90: real, p95: real, p99: real, p999: real, max: real }
export const divergenceReport = z.object({
  ...{ ...setting, stored: z.boolean(), kl: z.object(kl), topAgreement: share },
  probabilityChange: z.object({ mean: real, rms: real }),
  ...{ original: z.object(side), quantized: z.object(side), ratio: z.object({ value: real, interval }) },
  histogram: z
    .object({ from: z.number(), to: z.number(), counts: z.array(z.int().min(0)).min(1).max(1000) })
    .refine(({ from, to, counts }) => to > from && counts.some((count) => count > 0), 'expected a range and counts'),
}) satisfies z.ZodType<DivergenceReport>

export const sensitivityReport = z.object({
  ...{ ...setting, by: z.enum(['module', 'layer', 'role']), perplexity: real, interval },
  ...{ widths: z.array(real).min(1).max(8), groupSize: real, symmetric: z.boolean() },
  records: z.array(
    z.object({
      unit: text,
      modules: z.array(text),
      bits: real,
      kl: real,
      interval,
      topAgreement: real,
      perplexity: real,
    }),
  ),
}) satisfies z.ZodType<SensitivityReport>

export const taskReport = z.object({
  ...{ task: text, kind: z.enum(['choices', 'hellaswag', 'contexts', 'lastWord']), items: real },
  ...{ accuracy: share, normalized: share.nullable(), perplexity: real.nullable() },
  ...{ gold: z.array(real), predictions: z.array(real), normalizedPredictions: z.array(real).nullable() },
  ...{ logLikelihoods: z.array(z.array(real)), stored: z.boolean(), seconds: real },
}) satisfies z.ZodType<ZeroShotReport>

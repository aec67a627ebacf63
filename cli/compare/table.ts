import { aligned } from '../aligned'
import { type Comparison, type DoneRun, isDone } from './document'
import { differences, seedlessKey } from './recipe-fields'

/** Mean and sample standard deviation (n − 1); the latter null for one value. */
export interface Spread {
  readonly mean: number
  readonly deviation: number | null
}

/** Runs that differ in nothing but their seed. */
interface Row {
  readonly label: string | null
  readonly runs: readonly DoneRun[]
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  if (values.length < 2) return { mean, deviation: null }
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) }
}

/** Finished runs with their seeds merged, in the order in which the first of each came. */
export function mergeSeeds(runs: Comparison['runs']): Row[] {
  const rows = new Map<string, DoneRun[]>()
  for (const run of runs.filter(isDone)) {
    const key = seedlessKey(run.recipe)
    rows.set(key, [...(rows.get(key) ?? []), run])
  }
  return [...rows.values()].map((merged) => ({ label: merged[0]!.label, runs: merged }))
}

/**
 * The comparison for people, a row a recipe: what its recipes differ in, bits a weight, perplexity of each text and its
 * ratio to the unquantized model's, seconds of the quantization. Failed runs are listed below.
 */
export function comparisonTable(comparison: Comparison): string {
  const { unquantized, texts, runs } = comparison
  const rows = mergeSeeds(runs)
  const fields = differences(rows.map((row) => ({ ...row.runs[0]!.recipe, seed: 0 })))
  const labelled = rows.some(({ label }) => label !== null)
  const seeded = rows.some((row) => row.runs.length > 1)
  const head = [
    ...(labelled ? ['label'] : []),
    ...fields.map(({ key }) => key),
    ...(seeded ? ['seeds'] : []),
    ...['code bits', 'bits', ...texts.flatMap(({ name }) => [name, 'ratio']), 'seconds'],
  ]
  const blank = (columns: number): string[] => Array.from({ length: columns }, () => '')
  const before = texts.flatMap(({ name }) => [unquantized.perplexity[name]!.perplexity.toFixed(3), '1'])
  const lead = head.length - before.length - 1
  const first = ['unquantized', ...blank(lead - 1), ...before, '']
  const lines = rows.map(({ label, runs: merged }, at) => {
    const spread = (value: (run: DoneRun) => number) => spreadOf(merged.map(value))
    return [
      ...(labelled ? [label ?? ''] : []),
      ...fields.map(({ values }) => values[at]!),
      ...(seeded ? [String(merged.length)] : []),
      ...[spread((run) => run.bits.code).mean.toFixed(4), spread((run) => run.bits.total).mean.toFixed(4)],
      ...texts.flatMap(({ name }) => {
        const score = spread((run) => run.perplexity[name]!.perplexity)
        return [written(score), (score.mean / unquantized.perplexity[name]!.perplexity).toFixed(3)]
      }),
      spread((run) => run.seconds.total!).mean.toFixed(1),
    ]
  })
  const failures = runs.flatMap((run) =>
    isDone(run) ? [] : [`failed: ${run.label ?? run.recipe.method}, seed ${run.recipe.seed}: ${run.failure}`],
  )
  return [...aligned([head, first, ...lines]), ...failures].join('\n')
}

const written = ({ mean, deviation }: Spread): string =>
  deviation === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`

import type { RunHead, RunSetting } from '../archived-run'
import { counted } from '../counted'
import { recipeFields, scoreOf, settingsOf } from './run-table'

/** What runs are compared in: a field of their recipes, or of where and by what they were made. */
export interface FieldRow {
  readonly key: string
  /** In the order of the runs; empty where a run has no such field. */
  readonly values: readonly string[]
}

/** A number of each run, against that of the baseline. */
export interface MetricRow {
  readonly kind: 'bits' | 'width' | 'bytes' | 'error' | 'seconds' | 'perplexity' | 'kl' | 'top' | 'accuracy'
  /** Of perplexities and what is measured beside them. */
  readonly setting: RunSetting | null
  /** Of accuracies: task and number of items. */
  readonly task: string | null
  readonly values: readonly (number | null)[]
  /** Value less that of the baseline; null where one is missing, and of the baseline itself. */
  readonly changes: readonly (number | null)[]
  readonly better: 'lower' | 'higher'
}

export interface Comparison {
  readonly recipe: readonly FieldRow[]
  /** Model, device, browser and version, where they differ: numbers of runs apart in them may not be alike. */
  readonly circumstances: readonly FieldRow[]
  readonly metrics: readonly MetricRow[]
}

const differing = (fields: readonly ReadonlyMap<string, string>[]): FieldRow[] =>
  [...new Set(fields.flatMap((own) => [...own.keys()]))]
    .map((key) => ({ key, values: fields.map((own) => own.get(key) ?? '') }))
    .filter(({ values }) => new Set(values).size > 1)

/** Runs held against one of them: only what differs, and what came of it. */
export function compareRuns(runs: readonly RunHead[], baseline: string | null): Comparison {
  const base = runs.findIndex(({ id }) => id === baseline)
  const row = (
    kind: MetricRow['kind'],
    numberOf: (run: RunHead) => number | null,
    rest: Partial<Pick<MetricRow, 'setting' | 'task' | 'better'>> = {},
  ): MetricRow => {
    const values = runs.map((run) => finite(numberOf(run)))
    const from = values[base] ?? null
    const changes = values.map((value, i) => (i === base || value === null || from === null ? null : value - from))
    return { kind, setting: null, task: null, better: 'lower', ...rest, values, changes }
  }
  const tasks = new Set(runs.flatMap((run) => run.tasks.map(taskKey)))
  return {
    recipe: differing(runs.map(({ recipe }) => recipeFields(recipe))),
    circumstances: differing(
      runs.map(
        ({ model, device, browser, bitloom }) =>
          new Map(
            Object.entries({ model: model.name, files: model.digest ?? 'unknown', GPU: device.name, browser, bitloom }),
          ),
      ),
    ),
    metrics: [
      ...settingsOf(runs).flatMap((setting) => [
        row('perplexity', (run) => scoreOf(run, setting)?.perplexity ?? null, { setting }),
        row('kl', (run) => scoreOf(run, setting)?.kl ?? null, { setting }),
        row('top', (run) => scoreOf(run, setting)?.top ?? null, { setting, better: 'higher' }),
      ]),
      ...[...tasks].map((task) =>
        row('accuracy', (run) => run.tasks.find((own) => taskKey(own) === task)?.accuracy?.value ?? null, {
          ...{ task, better: 'higher' },
        }),
      ),
      ...[row('bits', ({ bits }) => bits.total), row('width', ({ width }) => width)],
      ...[
        row('bytes', (run) => run.packedBytes),
        row('error', ({ error }) => error),
        row('seconds', (run) => run.seconds),
      ],
    ].filter(({ values }) => values.some((value) => value !== null)),
  }
}

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null)

const taskKey = ({ task, items }: RunHead['tasks'][number]): string => `${task}, ${counted(items, 'item')}`

/** Mean of some runs, and their standard deviation; null of fewer than two. */
export interface Mean {
  readonly mean: number
  readonly deviation: number | null
}

/** Runs that are alike but for their seeds, and differ from the baseline in one value. */
export interface AblationRow {
  /** The field that differs; null for the baseline's own row. */
  readonly key: string | null
  readonly value: string
  readonly runs: readonly RunHead[]
  readonly perplexity: Mean | null
  readonly kl: Mean | null
  readonly bits: Mean
  readonly bytes: Mean
  readonly seconds: Mean
}

/**
 * What one value changed at a time does to a run: the first row is the baseline, the others differ from it in one value
 * each. A seed is no such value: means are over seeds, the latest run of each.
 */
export function ablation(runs: readonly RunHead[], baseline: RunHead, setting: RunSetting | null): AblationRow[] {
  const groups = new Map<string, { key: string | null; value: string; runs: Map<number, RunHead> }>()
  for (const run of [...runs].sort((a, b) => a.made - b.made)) {
    if (run.model.name !== baseline.model.name || run.model.digest !== baseline.model.digest) continue
    const difference = oneDifference(run, baseline)
    if (!difference) continue
    const name = JSON.stringify(difference)
    const group = groups.get(name) ?? { ...difference, runs: new Map() }
    group.runs.set(run.recipe.seed, run)
    groups.set(name, group)
  }
  const rows = [...groups.values()].map(({ key, value, runs: own }): AblationRow => {
    const members = [...own.values()]
    const of = (numberOf: (run: RunHead) => number | null) => meanOf(members.map(numberOf))
    return {
      ...{ key, value, runs: members },
      perplexity: of((run) => scoreOf(run, setting)?.perplexity ?? null),
      kl: of((run) => scoreOf(run, setting)?.kl ?? null),
      bits: of(({ bits }) => bits.total)!,
      bytes: of((run) => run.packedBytes)!,
      seconds: of((run) => run.seconds)!,
    }
  })
  return rows.sort(
    (a, b) =>
      Number(a.key !== null) - Number(b.key !== null) ||
      String(a.key).localeCompare(String(b.key)) ||
      a.value.localeCompare(b.value, 'en', { numeric: true }),
  )
}

/** The one value in which a run differs from the baseline, its seed left aside; no key where in none, null where in more. */
function oneDifference(run: RunHead, baseline: RunHead): { key: string | null; value: string } | null {
  const [own, base] = [run, baseline].map(({ recipe }) => recipeFields(recipe)) as [
    Map<string, string>,
    Map<string, string>,
  ]
  const another = own.get('method') !== base.get('method')
  // another method has options of its own: then only those that both have are compared
  const keys = another ? [...own.keys()].filter((key) => base.has(key)) : [...new Set([...own.keys(), ...base.keys()])]
  const different = keys.filter((key) => key !== 'seed' && own.get(key) !== base.get(key))
  if (different.length > 1) return null
  const [key] = different
  return key === undefined ? { key: null, value: '' } : { key, value: own.get(key) ?? '' }
}

function meanOf(values: readonly (number | null)[]): Mean | null {
  const known = values.map(finite).filter((value) => value !== null)
  const n = known.length
  if (n === 0) return null
  const mean = known.reduce((sum, value) => sum + value, 0) / n
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: n < 2 ? null : Math.sqrt(squares / (n - 1)) }
}

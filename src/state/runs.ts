import type { PerplexityReport } from '../measurement-records'
import type { EffectiveBits, ModuleRecord, Recipe, RunReport } from '../records'
import { meanWidth } from './lanes'
import type { Measurement } from './measurements'
import { weighted } from './modules'
import { recipeLabel } from './recipe'

/** What a map shows of a module when its columns are no longer kept. */
export type MappedModule = Pick<
  ModuleRecord,
  'name' | 'layer' | 'role' | 'out' | 'in' | 'bits' | 'error' | 'damping' | 'seconds'
>

/** A finished run of this sitting: numbers only, so that many of a large model still fit beside it. */
export interface RunRecord {
  readonly run: number
  /** Tells models apart, even of one name. */
  readonly model: string
  readonly modelName: string
  readonly label: string
  readonly recipe: Recipe
  readonly bits: EffectiveBits
  /** Mean width of the codes, without padding. */
  readonly width: number
  /** Median output error of the modules, or of their weights where nothing was calibrated. */
  readonly error: number
  readonly seconds: number
  readonly modules: readonly MappedModule[]
  /** Mean width of the columns by name of a module. */
  readonly widths: ReadonlyMap<string, number>
}

export function runRecord(run: number, model: string, report: RunReport): RunRecord {
  const { modules, recipe } = report
  const errors = modules.map(({ error }) => error.output ?? error.weight).sort((a, b) => a - b)
  const widths = new Map(modules.map(({ name, columns }) => [name, meanWidth(columns)]))
  return {
    ...{ run, model, modelName: report.model.name, label: recipeLabel(recipe), recipe, bits: report.bits },
    width: weighted(modules, ({ name }) => widths.get(name)!),
    error: errors[Math.floor(errors.length / 2)] ?? 0,
    seconds: report.seconds.total,
    modules: modules.map(({ name, layer, role, out, in: columns, bits, error, damping, seconds }) => ({
      ...{ name, layer, role, out, in: columns, bits, error, damping, seconds },
    })),
    widths,
  }
}

/** One column of the table of runs: a field of the recipe in which they differ. */
export interface Difference {
  readonly key: string
  readonly values: readonly string[]
}

/** Every field in which the runs differ, beginning with model and method; a field that a run lacks is empty. */
export function differences(runs: readonly RunRecord[]): Difference[] {
  const flat = runs.map(fieldsOf)
  const keys = [...new Set(flat.flatMap((fields) => [...fields.keys()]))]
  return keys
    .map((key) => ({ key, values: flat.map((fields) => fields.get(key) ?? '') }))
    .filter(({ values }) => new Set(values).size > 1)
}

function fieldsOf({ modelName, recipe }: RunRecord): Map<string, string> {
  const { method, options, calibration, seed } = recipe
  return new Map(
    Object.entries({ model: modelName, method, ...options, ...calibration, seed }).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  )
}

/** Perplexities of the runs under one setting, in the order of the runs. */
export interface PerplexityColumn {
  readonly text: string
  readonly protocol: string
  readonly maxTokens: number | null
  readonly values: readonly (PerplexityReport | null)[]
}

export function perplexityColumns(
  runs: readonly RunRecord[],
  measurements: readonly Measurement[],
): PerplexityColumn[] {
  const settingOf = ({ protocol, maxTokens, text }: Measurement) => `${protocol} ${maxTokens} ${text}`
  const settings = new Map(measurements.map((line) => [settingOf(line), line]))
  const lines = new Map(measurements.map((line) => [`${line.run} ${line.model} ${settingOf(line)}`, line]))
  return [...settings]
    .map(([setting, { text, protocol, maxTokens }]) => ({
      ...{ text, protocol, maxTokens },
      values: runs.map(({ run, model }) => lines.get(`${run} ${model} ${setting}`)?.after ?? null),
    }))
    .filter(({ values }) => values.some((value) => value !== null))
}

import type { RunHead, RunScore, RunSetting } from '../archived-run'
import { recipeLabel } from './recipe'

/** A recipe's values by name, as texts: options, calibration and seed beside the method. */
export function recipeFields({ method, options, calibration, seed }: RunHead['recipe']): Map<string, string> {
  return new Map(
    Object.entries({ method, ...options, ...calibration, seed }).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  )
}

/**
 * Runs in which every word is found: in names, label, tags, note, device or a recipe's value. `name=value` asks for a value
 * of the recipe, `#tag` for a tag; both exactly.
 */
export function filterRuns<R extends RunHead>(runs: readonly R[], query: string): readonly R[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return runs
  return runs.filter((run) => {
    const fields = recipeFields(run.recipe)
    const own = new Map([...fields].map(([key, value]) => [key.toLowerCase(), value.toLowerCase()]))
    const text = [run.model.name, recipeLabel(run.recipe), ...fields.values(), ...run.tags]
      .concat(run.note, run.device.name, run.browser, run.bitloom, `run ${run.number}`)
      .join('\n')
      .toLowerCase()
    const tags = run.tags.map((tag) => tag.toLowerCase())
    return words.every((word) => {
      if (word.startsWith('#') && word.length > 1) return tags.includes(word.slice(1))
      const [, key, value] = /^([a-z-]+)=(.*)$/.exec(word) ?? []
      return key !== undefined && own.has(key) ? own.get(key) === value : text.includes(word)
    })
  })
}

export type Cell = number | string | null

/** By a value of each; what has none comes last either way, equals stay as they were. */
export function sortRuns<R>(runs: readonly R[], cellOf: (run: R) => Cell, descending: boolean): R[] {
  const sign = descending ? -1 : 1
  const missing = (value: Cell) => value === null || value === '' || Number.isNaN(value)
  return runs
    .map((run) => ({ run, value: cellOf(run) }))
    .sort(({ value: a }, { value: b }) => {
      if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b))
      if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
      return sign * String(a).localeCompare(String(b), 'en', { numeric: true })
    })
    .map(({ run }) => run)
}

export const settingKey = ({ text, protocol, maxTokens }: RunSetting): string =>
  JSON.stringify([text, protocol, maxTokens])

/** Every way in which the runs were measured, the most common first. */
export function settingsOf(runs: readonly Pick<RunHead, 'scores'>[]): (RunSetting & { readonly runs: number })[] {
  const found = new Map<string, RunSetting & { readonly runs: number }>()
  for (const { scores } of runs)
    for (const { text, protocol, maxTokens, perplexity } of scores) {
      if (perplexity === null) continue
      const setting = { text, protocol, maxTokens }
      const key = settingKey(setting)
      found.set(key, { ...setting, runs: (found.get(key)?.runs ?? 0) + 1 })
    }
  return [...found.values()].sort((a, b) => b.runs - a.runs)
}

export const scoreOf = ({ scores }: Pick<RunHead, 'scores'>, setting: RunSetting | null): RunScore | null =>
  (setting && scores.find((score) => settingKey(score) === settingKey(setting))) ?? null

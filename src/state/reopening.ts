import type { ArchivedRun } from '../archived-run'
import type { ListedRun } from '../workers/archive-api'
import { linesOf, withValue } from './archived'
import { type Context, occupy, patch } from './context'
import { nothingKnown } from './exports'
import { type ModelOpener, openHome, refreshKept } from './keeping'
import { modelKey } from './modules'
import { runOfReport } from './progress'
import { completed, recipeLabel } from './recipe'
import { runRecord } from './runs'

interface Surroundings {
  readonly context: Context
  readonly opening: ModelOpener
  readonly runOf: (id: string) => ListedRun | undefined
  /** Null, and said, where that fails. */
  readonly readRun: (id: string) => Promise<ArchivedRun | null>
}

/** Back to a kept run: its packed result, or its recipe in the form; its model is opened where it is not. */
export function reopening({ context, opening, runOf, readRun }: Surroundings) {
  const state = context.store.getState

  /** Shows the packed result of a kept run as if it had just been made: to look at, to measure, to take away. */
  const reopenResult = async (id: string): Promise<boolean> => {
    const run = runOf(id)
    if (!run?.result || state().busy) return false
    const { result, number, model, home, recipe } = run
    const current = state().result
    if (current?.run === number && current.alive) return true
    if (!(await openHome(context, opening, model.name, home, 'runs'))) return false
    const record = await readRun(id)
    if (!record) return false
    return occupy(context, 'runs', 'open', async () => {
      const codes = await context.engine.api.reopenRun(result.folder)
      const { phases, warnings, measured } = record.body
      const report = { ...codes, warnings, seconds: { ...phases, total: run.seconds } }
      const label = recipeLabel(recipe)
      const open = state().model!
      const key = { model: modelKey(open), recipe: label, run: number }
      const lines = linesOf(measured, key)
      const others = ({ run: of }: { readonly run: number }) => of !== number
      patch(context, {
        ...{ recipe, selected: report.modules[0]?.name ?? null },
        run: runOfReport(report, label, run.made - 1000 * run.seconds, run.made),
        result: { report, run: number, alive: true, exports: nothingKnown },
        runs: [...state().runs.filter(others), runRecord(number, key.model, report)],
        generation: { ...state().generation, quantized: null, running: null },
        measurements: [...state().measurements.filter(others), ...lines.measurements],
        divergences: [...state().divergences.filter(others), ...lines.divergences],
        taskLines: [...state().taskLines.filter(others), ...lines.taskLines],
      })
      await refreshKept(context)
    })
  }

  /** Puts the recipe of a kept run into the form, its model open, one value changed where that is asked for. Whether it is there. */
  const rerun = async (id: string, change: { readonly key: string; readonly value: unknown } | null = null) => {
    const run = runOf(id)
    if (!run || state().busy) return false
    if (!(await openHome(context, opening, run.model.name, run.home, 'runs'))) return false
    const method = state().methods.find(({ id: known }) => known === run.recipe.method)
    const recipe = method ? completed(run.recipe, method) : run.recipe
    patch(context, { recipe: change ? withValue(recipe, change.key, change.value) : recipe, forecast: null })
    return true
  }

  return { reopenResult, rerun }
}

import type { Recipe } from '../records'
import { type Context, patch } from './context'
import { evaluationOf } from './evaluation'
import type { measuringActions } from './measuring'
import type { runningActions } from './running'
import type { Compared, Evaluation } from './store'

/** Runs held against each other: sweeps over an option, recipes of earlier runs, two runs' widths. */
export function comparingActions(
  context: Context,
  { run, setRecipe }: Pick<ReturnType<typeof runningActions>, 'run' | 'setRecipe'>,
  { measure }: Pick<ReturnType<typeof measuringActions>, 'measure'>,
) {
  const state = context.store.getState

  /**
   * Runs the recipe once for each value of an option, and measures each where asked to. Stops at the first that fails or
   * is cancelled. The form gets its recipe back.
   */
  const sweep = async (key: string, values: readonly (string | number)[], measured: boolean): Promise<void> => {
    const { recipe, busy } = state()
    if (!recipe || busy || values.length === 0) return
    const label = state()
      .methods.find((method) => method.id === recipe.method)
      ?.options.find((option) => option.key === key)?.label
    for (const [at, value] of values.entries()) {
      patch(context, { sweep: { label: label ?? key, values, at } })
      setRecipe({ options: { ...recipe.options, [key]: value } })
      const finished = await run()
      // cancelling takes the sweep away
      if (!finished || !state().sweep) break
      const { text, options, ready } = evaluationOf(state())
      if (measured && ready && (!(await measure(text, options)) || !state().sweep)) break
    }
    patch(context, { sweep: null })
    setRecipe(recipe)
  }

  /** Fills the form with the recipe of an earlier run. */
  const repeat = (recipe: Recipe): void => setRecipe(recipe)

  const compare = (change: Partial<Compared>): void => patch(context, { compared: { ...state().compared, ...change } })

  const setEvaluation = (change: Partial<Evaluation>): void =>
    patch(context, { evaluation: { ...state().evaluation, ...change } })

  return { sweep, repeat, compare, setEvaluation }
}

import { FormatError } from '../errors'
import type { KeptRun } from '../workers/runs-api'
import { type Context, patch, setFailure } from './context'
import { recipeLabel } from './recipe'

interface Doing {
  openBundled(name: string): Promise<void>
  openCached(folder: string, name: string): Promise<void>
  run(kept: string): Promise<boolean>
}

/** Runs that the browser keeps: taken up again, or forgotten. */
export function keepingActions(context: Context, doing: Doing) {
  const state = context.store.getState

  /** Opens the run's model where that needs nobody, and goes on with the run. */
  const goOn = async (run: KeptRun): Promise<void> => {
    if (state().busy) return
    if (state().model?.inspection.name !== run.model) await reopen(run)
    if (state().model?.inspection.name !== run.model) return
    patch(context, { recipe: run.recipe, forecast: null })
    await doing.run(run.id)
  }

  const reopen = async ({ model, home }: KeptRun): Promise<void> => {
    if (home.from === 'page') return doing.openBundled(home.name)
    if (home.from === 'hub') return doing.openCached(home.folder, home.name)
    const names = home.names.length > 0 ? ` (${home.names.join(', ')})` : ''
    setFailure(
      context,
      'open',
      new FormatError(
        `${model}: expected the files${names} of the run that is kept, got none open — drop them again, then choose Resume`,
      ),
    )
  }

  const forget = ({ id, model, recipe }: KeptRun): Promise<void> =>
    context.undoing.remove({
      key: `runs/${id}`,
      what: `${model}, ${recipeLabel(recipe)}`,
      refresh: () => refreshKept(context),
      async remove() {
        try {
          await context.engine.api.runs.forget(id)
          setFailure(context, 'open', null)
        } catch (error) {
          setFailure(context, 'open', error)
        }
      },
    })

  return { goOn, forgetRun: forget, refreshKept: () => refreshKept(context) }
}

export async function refreshKept(context: Context): Promise<void> {
  const { engine } = context
  const kept = await engine.api.runs.list().catch(() => [])
  if (engine !== context.engine) return
  patch(context, { kept: kept.filter(({ id }) => !context.undoing.isRemoved(`runs/${id}`)) })
}

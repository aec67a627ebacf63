import { FormatError } from '../errors'
import type { KeptRun, ModelHome } from '../workers/runs-api'
import { type Context, patch, setFailure } from './context'
import { recipeLabel } from './recipe'
import type { Place } from './store'

/** Opens models that need no person to find them. */
export interface ModelOpener {
  openBundled(name: string): Promise<void>
  openCached(folder: string, name: string): Promise<void>
}

interface Doing extends ModelOpener {
  run(kept: string): Promise<boolean>
}

/** Runs that the browser keeps: taken up again, or forgotten. */
export function keepingActions(context: Context, doing: Doing) {
  const state = context.store.getState

  /** Opens the run's model where that needs nobody, and goes on with the run. */
  const goOn = async (run: KeptRun): Promise<void> => {
    if (state().busy) return
    if (!(await openHome(context, doing, run.model, run.home))) return
    patch(context, { recipe: run.recipe, forecast: null })
    await doing.run(run.id)
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

/** Opens the model of a run, unless it is open; where only a person has its files, they are asked for. Whether it is open then. */
export async function openHome(
  context: Context,
  opening: ModelOpener,
  model: string,
  home: ModelHome,
  place: Place = 'open',
): Promise<boolean> {
  const isOpen = () => context.store.getState().model?.inspection.name === model
  if (isOpen()) return true
  if (home.from === 'page') await opening.openBundled(home.name)
  else if (home.from === 'hub') await opening.openCached(home.folder, home.name)
  else {
    const names = home.names.length > 0 ? ` (${home.names.join(', ')})` : ''
    const message = `${model}: expected the files${names} of the run that is kept, got none open — drop them again, then ${place === 'open' ? 'choose Resume' : 'try again'}`
    setFailure(context, place, new FormatError(message))
  }
  return isOpen()
}

export async function refreshKept(context: Context): Promise<void> {
  const { engine } = context
  const kept = await engine.api.runs.list().catch(() => [])
  if (engine !== context.engine) return
  patch(context, { kept: kept.filter(({ id }) => !context.undoing.isRemoved(`runs/${id}`)) })
}

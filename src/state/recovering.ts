import type { Recipe, RunReport } from '../records'
import type { KeptRun } from '../workers/runs-api'
import { type Context, occupy, patch, textNamed } from './context'
import type { openingActions } from './opening'
import { workWords } from './words'

/** Coming back after the engine was lost: the model, the result where its run is kept, and what was under way. */
export function recoveringActions(context: Context, { restart }: Pick<ReturnType<typeof openingActions>, 'restart'>) {
  const state = context.store.getState

  /** Takes the result from the blocks that the browser keeps of its run: a moment, and the same bytes. */
  const revive = async (): Promise<void> => {
    const { result, model, methods } = state()
    if (!result || result.alive || !model || state().engine.status !== 'ready') return
    const { api } = context.engine
    await occupy(context, 'open', 'open', async () => {
      const kept = (await api.runs.list()).find((run) => madeThis(run, result.report))
      if (!kept) return
      patch(context, { opening: { status: 'busy', label: workWords.reviving, done: 0, total: 0 } })
      try {
        const { needsCalibration } = methods.find(({ id }) => id === kept.recipe.method) ?? { needsCalibration: true }
        const text = needsCalibration ? await textNamed(context, kept.recipe.calibration.text) : null
        await api.quantize(kept.recipe, text, () => {}, kept.id)
        patch(context, { result: { ...result, alive: true } })
      } finally {
        patch(context, { opening: { status: 'idle' } })
      }
    })
  }

  const recover = async (): Promise<void> => {
    await restart()
    await revive()
  }

  /** The same action; where the engine is lost meanwhile, it is done once more with a new one. */
  const again =
    <A extends unknown[]>(action: (...args: A) => Promise<boolean>) =>
    async (...args: A): Promise<boolean> => {
      if (await action(...args)) return true
      if (state().engine.status !== 'lost') return false
      await recover()
      return state().engine.status === 'ready' && state().model !== null && action(...args)
    }

  return { recover, again }
}

/** A finished run with the recipe that a report names; the report's has the defaults of options that the recipe leaves out. */
export function madeThis(run: KeptRun, { model, recipe }: RunReport): boolean {
  const { calibration, options, method, seed } = run.recipe
  return (
    run.model === model.name &&
    run.blocks === run.layers &&
    method === recipe.method &&
    seed === recipe.seed &&
    agree(calibration, recipe.calibration) &&
    agree(options, recipe.options)
  )
}

const agree = (part: Recipe['options'] | Recipe['calibration'], whole: object): boolean =>
  Object.entries(part).every(([key, value]) => JSON.stringify(value) === JSON.stringify(whole[key as keyof object]))

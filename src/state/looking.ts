import type { Distributions } from '../workers/api'
import { type Context, patch, setFailure } from './context'
import { isCancelled } from './failure'
import type { MatrixChoices } from './matrix-choices'
import type { Measure, Spread } from './store'

/** What is looked at: one module in all views at once, and what they show of it. */
export function lookingActions(context: Context) {
  const state = context.store.getState

  /**
   * How the weights of a module lie; a first look at some rows of a large matrix, then all of them. `onFound` is told of both,
   * as long as it says that it wants more.
   */
  const distributions = async (module: string, onFound: (found: Distributions) => boolean): Promise<void> => {
    try {
      const look = await context.engine.api.distributions(module, 'look')
      if (onFound(look) && look.rows < look.out) onFound(await context.engine.api.distributions(module, 'whole'))
    } catch (error) {
      if (!isCancelled(error)) setFailure(context, 'look', error)
    }
  }

  /** Its weights are being read while the page still draws that it was chosen; what fails there is told where they are shown. */
  const select = (module: string): void => {
    const { busy, result } = state()
    if (busy === null && result?.alive) void context.engine.api.matrix.open(module).catch(() => {})
    patch(context, { selected: module })
  }

  return {
    distributions,
    select,
    /** Points at a module in every view; null when the pointer left. */
    hover: (module: string | null) => {
      if (state().hovered !== module) patch(context, { hovered: module })
    },
    showMeasure: (measure: Measure) => patch(context, { measure }),
    showMatrix: (matrix: MatrixChoices) => patch(context, { matrix }),
    showSpread: (spread: Spread) => patch(context, { spread }),
  }
}

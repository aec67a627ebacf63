import { benchmarkingActions } from './benchmarking'
import { loadCatalog } from './catalog'
import { comparingActions } from './comparing'
import { type Context, type Host, patch } from './context'
import { hubActions } from './hubbing'
import { keepingActions } from './keeping'
import { measuringActions } from './measuring'
import { openingActions } from './opening'
import { runningActions } from './running'
import { createStudioStore, type Measure } from './store'
import { takingActions } from './taking'
import { taskActions } from './tasks'
import { viewingActions } from './viewing'

/** The studio without its page: a store and everything a person can do to it. */
export function createStudio(host: Host) {
  const store = createStudioStore()
  const own = { ownTexts: new Map(), taskFiles: new Map() }
  const context: Context = { store, host, engine: host.connect(), reopen: null, hubToken: null, ...own }
  const opening = openingActions(context)
  const running = runningActions(context, opening)
  const measuring = measuringActions(context)
  const taking = takingActions(context)
  // The inspection's forecast is for a recipe nobody chose: ask for the one in the form.
  store.subscribe((state, before) => {
    if (before.busy === 'open' && !state.busy && state.model !== null) void running.forecast()
  })

  return {
    store,
    ...opening,
    ...hubActions(context, opening),
    ...keepingActions(context, { ...opening, run: running.run }),
    ...running,
    run: () => running.run(),
    ...measuring,
    ...comparingActions(context, running, measuring),
    ...taskActions(context),
    ...taking,
    ...benchmarkingActions(context, taking),
    ...viewingActions(context),
    /** Lists what ships with the page and starts the engine. */
    async boot(): Promise<void> {
      const catalog = loadCatalog(host.fetchText).then((found) => {
        patch(context, { catalog: found })
        opening.suggestRecipe()
      })
      await Promise.all([catalog, opening.start()])
    },
    select: (module: string) => patch(context, { selected: module }),
    showMeasure: (measure: Measure) => patch(context, { measure }),
  }
}

export type Studio = ReturnType<typeof createStudio>

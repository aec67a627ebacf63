import { archivingActions } from './archiving'
import { benchmarkingActions } from './benchmarking'
import { loadCatalog } from './catalog'
import { comparingActions } from './comparing'
import { type Context, type Host, patch } from './context'
import { hubActions } from './hubbing'
import { keepingActions } from './keeping'
import { lookingActions } from './looking'
import { matrixActions } from './matrix'
import { measuringActions } from './measuring'
import { openingActions } from './opening'
import { recoveringActions } from './recovering'
import { runningActions } from './running'
import { createStudioStore } from './store'
import { takingActions } from './taking'
import { taskActions } from './tasks'

/** The studio without its page: a store and everything a person can do to it. */
export function createStudio(host: Host) {
  const store = createStudioStore()
  const own = { ownTexts: new Map(), taskFiles: new Map() }
  const context: Context = { store, host, engine: host.connect(), reopen: null, archive: null, hubToken: null, ...own }
  const opening = openingActions(context)
  const archiving = archivingActions(context, opening)
  const running = runningActions(context, { ...opening, keepRun: archiving.keepRun })
  const { recover, again } = recoveringActions(context, opening)
  const { measure, measureDivergence, scan, generate, ...measuring } = measuringActions(context)
  const asked = {
    measure: again(measure),
    measureDivergence: again(measureDivergence),
    scan: again(scan),
    generate: again(generate),
  }
  const { scoreTasks, ...tasks } = taskActions(context)
  const taking = takingActions(context, recover)
  // The inspection's forecast is for a recipe nobody chose: ask for the one in the form.
  store.subscribe((state, before) => {
    if (before.busy === 'open' && !state.busy && state.model !== null) void running.forecast()
  })

  return {
    store,
    ...opening,
    restart: recover,
    ...hubActions(context, opening),
    ...keepingActions(context, { ...opening, run: running.run }),
    ...archiving,
    ...running,
    run: () => running.run(),
    ...measuring,
    ...lookingActions(context),
    ...matrixActions(context),
    ...asked,
    ...comparingActions(context, running, asked),
    ...tasks,
    scoreTasks: again(scoreTasks),
    ...taking,
    verify: again(taking.verify),
    ...benchmarkingActions(context, taking),
    /** Lists what ships with the page and starts the engine. */
    async boot(): Promise<void> {
      const catalog = loadCatalog(host.fetchText).then((found) => {
        patch(context, { catalog: found })
        opening.suggestRecipe()
      })
      await Promise.all([catalog, opening.start(), archiving.openArchive()])
    },
  }
}

export type Studio = ReturnType<typeof createStudio>

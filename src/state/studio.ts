import type { EngineHandle } from '../workers/client'
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
import { offlineActions } from './offlining'
import { openingActions } from './opening'
import { recoveringActions } from './recovering'
import { runningActions } from './running'
import { createStudioStore } from './store'
import { takingActions } from './taking'
import { taskActions } from './tasks'
import { UndoDesk } from './undo'
import { viewingActions } from './viewing'

/** The studio without its page: a store and everything a person can do to it. */
export function createStudio(host: Host) {
  const store = createStudioStore()
  const own = { ownTexts: new Map(), taskFiles: new Map(), undoing: new UndoDesk(store) }
  let engine: EngineHandle | null = null
  const context: Context = {
    ...{ store, host, reopen: null, archive: null, hubToken: null, ...own },
    // not before it is asked for something: the page is drawn first
    get engine() {
      engine ??= host.connect()
      return engine
    },
    set engine(next) {
      engine = next
    },
  }
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
    undoing: context.undoing,
    ...opening,
    restart: recover,
    ...hubActions(context, opening),
    ...keepingActions(context, { ...opening, run: running.run }),
    ...archiving,
    ...running,
    run: () => running.run(),
    /** Opens a bundled model and quantizes it as is proposed for this device. */
    async tryOut(name: string): Promise<void> {
      const before = store.getState().model
      await opening.openBundled(name)
      if (store.getState().model !== before) await running.run()
    },
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
    ...offlineActions(context),
    ...viewingActions(context),
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

import { FormatError } from '../errors'
import type { OpenResult } from '../workers/api'
import { type Context, markLost, occupy, patch, refreshHub, setFailure } from './context'
import { nothingKnown } from './exports'
import { failureFrom, isLost } from './failure'
import { refreshKept } from './keeping'
import { runOfReport } from './progress'
import { defaultRecipe, PROPOSED, recipeLabel } from './recipe'
import { workWords } from './words'

/** Opening models: the pile of files, bundled models, and coming back after the engine was lost. */
export function openingActions(context: Context) {
  let pile: File[] = []
  let folder: string | null = null
  let serial = 0

  /** Settles when it is known whether there is a device. */
  let started: Promise<void> = Promise.resolve()

  const start = (): Promise<void> => {
    started = startDevice()
    return started.then(() => listKept())
  }

  const startDevice = async (): Promise<void> => {
    const engine = context.engine
    engine.crashed.catch((error) => engine === context.engine && markLost(context, error))
    try {
      patch(context, { engine: { status: 'ready', gpu: await engine.api.start() } })
    } catch (error) {
      if (isLost(error)) markLost(context, error)
      else patch(context, { engine: { status: 'absent', failure: failureFrom(error) } })
    }
  }

  const listKept = async (): Promise<void> => {
    void refreshKept(context)
    try {
      await refreshHub(context)
    } catch {
      // a browser without a file system of its own, as in a private window: then nothing is kept
    }
  }

  /** The methods come with the larger part of the engine, and so with the first model; which is proposed depends on the device. */
  const learnMethods = async (): Promise<void> => {
    if (context.store.getState().methods.length > 0) return
    try {
      const methods = await context.engine.api.methods()
      await started
      patch(context, { methods })
      suggestRecipe()
    } catch (error) {
      if (!isLost(error)) setFailure(context, 'recipe', error)
    }
  }

  const suggestRecipe = () => {
    const { methods, catalog, recipe, engine } = context.store.getState()
    const device = engine.status === 'ready' && !engine.gpu.software ? 'hardware' : 'software'
    const method = methods.find((candidate) => candidate.id === PROPOSED[device]) ?? methods[0]
    const text = catalog.texts.find((candidate) => candidate.use === 'calibration')?.name ?? ''
    if (method && !recipe) patch(context, { recipe: defaultRecipe(method, text, device) })
    else if (recipe && !recipe.calibration.text)
      patch(context, { recipe: { ...recipe, calibration: { ...recipe.calibration, text } } })
  }

  /** @param reopen how to open it once more; null while that is done: it is no other model then */
  const accept = (result: OpenResult, reopen: (() => Promise<void>) | null): void => {
    if (result.state === 'incomplete') {
      patch(context, { opening: { status: 'incomplete', missing: result.missing, have: result.have } })
      return
    }
    pile = []
    if (reopen) serial += 1
    context.reopen = reopen ?? context.reopen
    const generation = { ...context.store.getState().generation, original: null, quantized: null, running: null }
    const fresh = { opening: { status: 'idle' }, forecast: null, generation, failures: {} } as const
    if (result.state === 'view') {
      const view = { facts: result.view, reason: result.reason, serial }
      patch(context, { ...fresh, view, model: null, run: null, result: null, selected: null })
      return
    }
    const { inspection, report } = result
    const now = context.host.now()
    patch(context, {
      ...fresh,
      model: { inspection, plan: inspection.modules, serial },
      view: { facts: result.view, reason: null, serial },
      run: report && runOfReport(report, recipeLabel(report.recipe), now, now),
      result: report && { report, run: 0, alive: true, exports: nothingKnown },
      selected: report?.modules[0]?.name ?? null,
    })
  }

  /** Runs an opening and leaves the pile as it was where that fails. */
  const opening = (label: string, work: () => Promise<void>) => {
    const before = context.store.getState().opening
    return occupy(context, 'open', 'open', async () => {
      patch(context, { opening: { status: 'busy', label, done: 0, total: 0 } })
      try {
        await Promise.all([work(), learnMethods()])
      } finally {
        if (context.store.getState().opening.status === 'busy')
          patch(context, { opening: before.status === 'busy' ? { status: 'idle' } : before })
      }
    })
  }

  const offer = async (read: File[] | (() => Promise<File[]>), from: string | null = null): Promise<void> => {
    const adding = context.store.getState().opening.status === 'incomplete'
    await opening(workWords.reading, async () => {
      const files = typeof read === 'function' ? await read() : read
      if (files.length === 0)
        throw new FormatError(
          'drop: expected model files, got none — drop a folder with config.json, tokenizer.json and *.safetensors, or a .gguf',
        )
      const all = adding ? [...pile, ...files] : files
      const name = from ?? (adding ? folder : null)
      const result = await context.engine.api.offerFiles(files, !adding, name)
      pile = all
      folder = name
      accept(result, async () => accept(await context.engine.api.offerFiles(all, true, name), null))
    })
  }

  const openBundled = async (name: string): Promise<void> => {
    await opening(workWords.loading(name), async () => {
      const load = () =>
        context.engine.api.openBundled(name, (progress) => {
          if (progress.type !== 'phase' || context.store.getState().opening.status !== 'busy') return
          patch(context, {
            opening: { status: 'busy', label: workWords.loading(name), done: progress.done, total: progress.total },
          })
        })
      accept(await load(), async () => accept(await load(), null))
    })
  }

  /** A model of the Hub that is here whole. */
  const openCached = async (folder: string, name: string): Promise<void> => {
    await opening(workWords.reading, async () => {
      const load = () => context.engine.api.openCached(folder, name)
      accept(await load(), async () => accept(await load(), null))
    })
  }

  /** Opens the incomplete pile as it is, for looking. */
  const lookAtPile = async (): Promise<void> => {
    const [files, name] = [pile, folder]
    await opening(workWords.reading, async () => {
      const again = async () => {
        await context.engine.api.offerFiles(files, true, name)
        accept(await context.engine.api.lookAtPile(), async () => {})
      }
      accept(await context.engine.api.lookAtPile(), again)
    })
  }

  /** Lets go of the incomplete pile; the model that is open stays. */
  const dropPile = (): void => {
    pile = []
    patch(context, { opening: { status: 'idle' } })
  }

  /** A new worker with a new device, and the same model in it. What the old one had quantized is gone; its report stays. */
  const restart = async (): Promise<void> => {
    context.engine.terminate()
    context.engine = context.host.connect()
    const { run, result, selected, recipe } = context.store.getState()
    const hub = { ...context.store.getState().hub, looking: false, fetching: null, text: null }
    patch(context, { engine: { status: 'starting' }, busy: null, work: null, hub, other: null, failures: {} })
    await start()
    const { reopen } = context
    if (!reopen) return
    await opening(workWords.opening, reopen)
    const reread = context.store.getState().result
    if (!reread) patch(context, { run, result: result && { ...result, alive: false }, selected, recipe })
  }

  return { start, suggestRecipe, learnMethods, offer, openBundled, openCached, lookAtPile, dropPile, restart }
}

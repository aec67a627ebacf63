import type { Progress, Recipe, RunReport } from '../records'
import { presetOptions } from '../workers/api'
import { type Context, occupy, patch, setFailure, textNamed } from './context'
import { nothingKnown } from './exports'
import { isCancelled } from './failure'
import { refreshKept } from './keeping'
import { modelKey } from './modules'
import { batched, foldProgress, newRun, paused, type RunState, resumed, runOfReport, slept } from './progress'
import { parseRecipe, recipeLabel, recipeProblems, withMethod } from './recipe'
import { runRecord } from './runs'
import { watchSleep } from './sleep'

/** How often a run is taken up again by itself after its engine was lost. */
const MOST_RECOVERIES = 3

/** Screen updates a second that a run may cause. */
const UPDATE_MS = 100

interface Needs {
  restart(): Promise<void>
  learnMethods(): Promise<void>
  /** Keeps the record of a finished run and gives it a number. */
  keepRun(report: RunReport): Promise<number>
}

/** The recipe and the run made from it. */
export function runningActions(context: Context, { restart, learnMethods, keepRun }: Needs) {
  const state = context.store.getState

  const setRecipe = (change: Partial<Recipe>): void => {
    const { recipe } = state()
    if (recipe) patch(context, { recipe: { ...recipe, ...change } })
    void forecast()
  }

  const setOption = (key: string, value: unknown): void => {
    const { recipe } = state()
    if (recipe) setRecipe({ options: { ...recipe.options, [key]: value } })
  }

  const choosePreset = (name: string): void => {
    const { recipe, methods } = state()
    const method = methods.find((candidate) => candidate.id === recipe?.method)
    const preset = method?.presets.find((candidate) => candidate.name === name)
    if (recipe && method && preset)
      setRecipe({
        options: { ...recipe.options, ...presetOptions(method, preset) },
        calibration: { ...recipe.calibration, ...preset.calibration },
      })
  }

  const chooseMethod = (id: string): void => {
    const { recipe, methods } = state()
    const method = methods.find((candidate) => candidate.id === id)
    const from = methods.find((candidate) => candidate.id === recipe?.method)
    if (recipe && method && from) setRecipe(withMethod(recipe, method, from))
  }

  const loadRecipe = async (file: File): Promise<void> => {
    await learnMethods()
    try {
      setRecipe(parseRecipe(await file.text(), state().methods))
      setFailure(context, 'recipe', null)
    } catch (error) {
      setFailure(context, 'recipe', error)
    }
  }

  /** What the recipe would take of the GPU; asked again when it changes, the last answer counts. */
  let asked = 0
  /** Whether the failure shown is that the options do not go together. */
  let refused = false
  const forecast = async (): Promise<void> => {
    const { recipe, model, methods, busy } = state()
    const method = methods.find((candidate) => candidate.id === recipe?.method)
    if (!recipe || !model || !method || busy || Object.keys(recipeProblems(recipe, method)).length > 0) return
    const turn = ++asked
    try {
      const answer = await context.engine.api.forecast(recipe)
      if (turn !== asked || state().model?.serial !== model.serial) return
      patch(context, { forecast: answer })
      if (refused) setFailure(context, 'recipe', null)
      refused = false
    } catch (error) {
      // Options that do not go together are the recipe's fault; anything else will fail as a run, with its reason.
      refused = turn === asked && error instanceof Error && error.name === 'FormatError'
      if (refused) setFailure(context, 'recipe', error)
    }
  }

  const addText = async (file: File): Promise<void> => {
    const text = await file.text()
    context.ownTexts.set(file.name, text)
    const others = state().ownTexts.filter((own) => own.name !== file.name)
    patch(context, { ownTexts: [...others, { name: file.name, bytes: file.size }] })
  }

  /**
   * Resolves to whether the run went through. One whose engine is lost is taken up again with a new one, from its last kept
   * block; not for ever, since what it does may be what the engine dies of.
   */
  const run = async (kept: string | null = null): Promise<boolean> => {
    for (let again = 0; ; again++) {
      const through = await runOnce(kept)
      if (through || again === MOST_RECOVERIES || state().engine.status !== 'lost') return through
      if (state().run?.status !== 'failed') return false
      await restart()
      if (state().engine.status !== 'ready' || !state().model) return false
    }
  }

  const runOnce = async (kept: string | null): Promise<boolean> => {
    const { recipe, model, methods } = state()
    const method = methods.find((candidate) => candidate.id === recipe?.method)
    if (!recipe || !model || !method) return false
    const before = { run: state().run, result: state().result }
    const label = recipeLabel(recipe)
    const layers = new Set(model.plan.map((module) => module.layer)).size
    const update = (change: (run: RunState) => RunState) => {
      const current = state().run
      if (current) patch(context, { run: change(current) })
    }
    const progress = batched<Progress>(UPDATE_MS, (batch) => {
      update((current) => foldProgress(current, batch))
      if (state().run?.refused) update((current) => paused(current, context.host.now()))
      if (!state().selected) patch(context, { selected: state().run?.modules.at(0)?.name ?? null })
    })
    return occupy(context, 'run', 'run', async () => {
      // what was removed made room for this
      await context.undoing.settle()
      const text = method.needsCalibration ? await textNamed(context, recipe.calibration.text) : null
      patch(context, { run: newRun(label, layers, context.host.now()) })
      const wake = watchSleep(context.host.now, (ms) => update((current) => slept(current, ms)))
      try {
        const report = await context.engine.api.quantize(recipe, text, progress.push, kept)
        progress.flush()
        update((current) => resumed(current, context.host.now()))
        const { startedAt, slept: asleep } = state().run!
        const number = await keepRun(report)
        patch(context, {
          run: { ...runOfReport(report, label, startedAt, context.host.now()), slept: asleep },
          result: { report, run: number, alive: true, exports: nothingKnown },
          runs: [...state().runs, runRecord(number, modelKey(model), report)],
          generation: { ...state().generation, quantized: null, running: null },
        })
      } catch (error) {
        progress.flush()
        const endedAt = context.host.now()
        const status = isCancelled(error) ? 'cancelled' : 'failed'
        update((current) => ({ ...resumed(current, endedAt), status, endedAt }))
        // A run that never got going leaves the finished one on the screen.
        if (state().run?.modules.length === 0 && before.result) patch(context, { run: before.run })
        throw error
      } finally {
        wake()
        void refreshKept(context)
      }
    })
  }

  const cancel = async (): Promise<void> => {
    const { run: current } = state()
    patch(context, { sweep: null })
    if (current?.status === 'running' || current?.status === 'paused')
      patch(context, { run: { ...resumed(current, context.host.now()), status: 'cancelling' } })
    await context.engine.api.cancel()
  }

  /** Between two steps, so that what is at work is finished first. */
  const pause = async (): Promise<void> => {
    const { run: current } = state()
    if (current?.status !== 'running') return
    patch(context, { run: paused(current, context.host.now()) })
    await context.engine.api.pause()
  }

  const resume = async (): Promise<void> => {
    const { run: current } = state()
    if (current?.status !== 'paused') return
    patch(context, { run: resumed(current, context.host.now()) })
    await context.engine.api.resume()
  }

  return { setRecipe, setOption, choosePreset, chooseMethod, loadRecipe, forecast, addText, run, pause, resume, cancel }
}

import { type Context, occupy, patch } from './context'
import { storesCodes } from './evaluation'
import { knownBefore, recordMeasurement } from './measurements'
import { shownProgress, sidesOf } from './measuring'
import { modelKey } from './modules'
import { recipeLabel } from './recipe'
import type { StudioState } from './store'
import type { TaskKey } from './task-lines'
import { NOT_QUANTIZED, workWords } from './words'

/** Items for a first number: a minute at the most, on a GPU or a software one. */
const MANY_ITEMS = 250
const FEW_ITEMS = 20

/** Items of each task, as the form shows them; 0 for all. */
export const taskLimitOf = ({ taskLimit, engine }: Pick<StudioState, 'taskLimit' | 'engine'>): number =>
  taskLimit ?? (engine.status === 'ready' && engine.gpu.software ? FEW_ITEMS : MANY_ITEMS)

/** Zero-shot tasks: files of theirs, and both models' answers. */
export function taskActions(context: Context) {
  const state = context.store.getState

  /** Reads each file and adds it, in place of one of the same name; the first that is no task is told once all were read. */
  const addTasks = (read: readonly File[] | (() => Promise<readonly File[]>)) =>
    occupy(context, 'measure', 'score', async () => {
      const failures: unknown[] = []
      for (const file of typeof read === 'function' ? await read() : read) {
        try {
          const info = await context.engine.api.inspectTask(file)
          context.taskFiles.set(file.name, file)
          const others = state().tasks.filter((task) => task.file !== file.name)
          patch(context, { tasks: [...others, { ...info, file: file.name, bytes: file.size }] })
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    })

  const removeTask = (file: string): void => {
    context.taskFiles.delete(file)
    patch(context, { tasks: state().tasks.filter((task) => task.file !== file) })
  }

  const setTaskLimit = (taskLimit: number): void => patch(context, { taskLimit })

  /** Asks both models all tasks; the original only what it was not asked before. */
  const scoreTasks = () =>
    occupy(context, 'measure', 'score', async () => {
      const { model, result, tasks } = state()
      if (!model) return
      const limit = taskLimitOf(state()) || null
      const options = { limit, stored: storesCodes(state()) }
      const { original, quantized } = sidesOf(state())
      for (const { name, file, bytes, items } of tasks) {
        const key: TaskKey = {
          model: modelKey(model),
          recipe: result ? recipeLabel(result.report.recipe) : NOT_QUANTIZED,
          run: result?.alive ? result.run : -1,
          ...{ file, bytes, items: Math.min(items, limit ?? items) },
        }
        const one = async (which: 'original' | 'quantized', half: 'before' | 'after') => {
          const progress = shownProgress(context, workWords.task(name, which))
          const source = context.taskFiles.get(file)!
          const report = await context.engine.api.zeroShot(which, source, options, progress.push)
          progress.flush()
          patch(context, { taskLines: recordMeasurement(state().taskLines, key, half, report) })
        }
        if (original && !knownBefore(state().taskLines, key)) await one('original', 'before')
        if (quantized) await one('quantized', 'after')
      }
    })

  return { addTasks, removeTask, setTaskLimit, scoreTasks }
}

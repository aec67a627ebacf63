import { hasOriginal } from '../state/measuring'
import { taskLimitOf } from '../state/tasks'
import { NumberField } from './fields'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'
import { TaskDrop } from './TaskDrop'
import { TaskTable } from './TaskTable'
import { ofAll } from './words/counts'
import { tasksWords as words } from './words/tasks'

/** Zero-shot tasks: their files, and what both models make of them. */
export function ZeroShot() {
  const some = useStudioState((state) => state.tasks.length > 0)
  return (
    <section className="stack" aria-label={words.title}>
      <TaskDrop />
      {some && <TaskList />}
      {some && <TaskForm />}
      <TaskTable />
    </section>
  )
}

function TaskList() {
  const studio = useStudio()
  const tasks = useStudioState((state) => state.tasks)
  const busy = useStudioState((state) => state.busy !== null)
  return (
    <ul className="tasks" aria-label={words.added}>
      {tasks.map(({ file, name, kind, items }) => (
        <li key={file}>
          <strong title={file}>{name}</strong>
          <span className="quiet">{words.items(items, kind)}</span>
          <button
            type="button"
            className="plain"
            aria-label={words.removeTask(name)}
            disabled={busy}
            onClick={() => studio.removeTask(file)}
          >
            {words.remove}
          </button>
        </li>
      ))}
    </ul>
  )
}

function TaskForm() {
  const studio = useStudio()
  const limit = useStudioState(taskLimitOf)
  const busy = useStudioState((state) => state.busy)
  const work = useStudioState((state) => (state.busy === 'score' ? state.work : null))
  const ready = useStudioState((state) => state.engine.status === 'ready' && state.sweep === null)
  const both = useStudioState((state) => hasOriginal(state.model!.inspection.kind) && state.result?.alive === true)
  const problem = Number.isInteger(limit) && limit >= 0 ? undefined : words.limitProblem
  return (
    <>
      <div className="task-form">
        <NumberField
          label={words.limit}
          value={limit}
          min={0}
          max={1e9}
          step={1}
          problem={problem}
          disabled={busy === 'score'}
          onChange={studio.setTaskLimit}
        />
        <div className="row">
          <button
            type="button"
            disabled={busy !== null || !ready || problem !== undefined}
            onClick={() => void studio.scoreTasks()}
          >
            {both ? words.scoreBoth : words.score}
          </button>
          {work && (
            <button type="button" onClick={() => void studio.cancel()}>
              {words.cancel}
            </button>
          )}
        </div>
      </div>
      {work && (
        <ProgressLine
          label={work.label}
          detail={work.total > 0 ? ofAll(work.done, work.total) : ''}
          share={work.total > 0 ? work.done / work.total : null}
        />
      )}
    </>
  )
}

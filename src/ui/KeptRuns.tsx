import { useEffect, useMemo } from 'react'
import { recipeLabel } from '../state/recipe'
import type { KeptRun } from '../workers/runs-api'
import { formatBytes, formatDate } from './format'
import { useStudio, useStudioState } from './studio-context'
import { keptWords as words } from './words/kept-runs'

/** Runs that were broken off, or finished in a tab that is closed: to go on with, or to be rid of. */
export function KeptRuns() {
  const studio = useStudio()
  const kept = useStudioState((state) => state.kept)
  const archive = useStudioState((state) => state.archive.runs)
  /** Results that are kept with their runs are seen there. */
  const results = useMemo(() => new Set(archive.map(({ result }) => (result?.kept ? result.folder : null))), [archive])
  const own = useStudioState((state) => state.busy === 'run' || state.result !== null)
  const busy = useStudioState((state) => state.busy !== null)
  const ready = useStudioState((state) => state.engine.status === 'ready')
  // another tab may have gone on, or let go, meanwhile
  useEffect(() => {
    const look = () => void (document.visibilityState === 'visible' && studio.refreshKept())
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [studio])
  // what this tab holds is seen under Run
  const offered = kept.filter(({ id, held }) => !(own && held) && !results.has(id))
  if (offered.length === 0) return null
  return (
    <section aria-label={words.title}>
      <div className="hub-head">
        <h3>
          {words.title} <span className="quiet">{formatBytes(offered.reduce((sum, { bytes }) => sum + bytes, 0))}</span>
        </h3>
      </div>
      <ul className="hub-kept">
        {offered.map((run) => {
          const name = `${run.model}, ${recipeLabel(run.recipe)}`
          return (
            <li key={run.id}>
              <span className="hub-name">
                {name} <span className="quiet small">{standing(run)}</span>
              </span>
              <button
                type="button"
                aria-label={words.resumeRun(name)}
                disabled={busy || !ready || run.held}
                onClick={() => void studio.goOn(run)}
              >
                {run.blocks < run.layers ? words.resume : words.open}
              </button>
              <button
                type="button"
                className="plain small"
                aria-label={words.deleteRun(name)}
                disabled={run.held}
                onClick={() => void studio.forgetRun(run)}
              >
                {words.delete}
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function standing({ blocks, layers, bytes, begun, held }: KeptRun): string {
  const done = blocks < layers ? words.blocks(blocks, layers) : words.finished
  return [done, formatBytes(bytes), formatDate(begun), ...(held ? [words.held] : [])].join(', ')
}

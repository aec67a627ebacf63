import { useEffect, useRef } from 'react'
import { FailureNote } from '../FailureNote'
import { useStudio, useStudioState } from '../studio-context'
import { runsWords } from '../words/runs'
import { Comparison } from './Comparison'
import { RunList } from './RunList'
import { RunShown } from './RunShown'
import { RunsNotes } from './RunsNotes'
import { RunsSide } from './RunsSide'
import { useFoundRuns } from './selection'
import { TradeOff } from './TradeOff'
import './runs-page.css'

/** The runs that are kept for good: a page of its own beside the path. */
export function RunsPage() {
  const failure = useStudioState((state) => state.failures.runs)
  const all = useStudioState((state) => state.archive.runs.length)
  const opening = useStudioState((state) => state.archive.status === 'opening')
  const found = useFoundRuns()
  const told = useRef<HTMLDivElement>(null)
  // what failed may have been asked for further down
  useEffect(() => {
    if (failure) told.current?.scrollIntoView({ block: 'nearest' })
  }, [failure])
  return (
    <main id="runs">
      <section className="step runs-page" aria-labelledby="title-runs">
        <div className="step-side">
          <div className="step-head">
            <h2 id="title-runs" tabIndex={-1}>
              {runsWords.title}
            </h2>
            <a href="#studio">{runsWords.back}</a>
          </div>
          <p className="quiet">{runsWords.intro}</p>
          <RunsSide />
        </div>
        <div className="step-main">
          <div ref={told} className="run-said">
            {failure && <FailureNote failure={failure} />}
          </div>
          <RunsNotes />
          {all === 0 ? (
            <p className="quiet">{opening ? runsWords.opening : runsWords.none}</p>
          ) : (
            <div className="table-head">
              <h3>{runsWords.count(found.length, all)}</h3>
              <MarkedTools />
            </div>
          )}
          <RunList />
        </div>
      </section>
      {all > 0 && (
        <>
          <RunShown />
          <Comparison />
          <TradeOff />
        </>
      )}
    </main>
  )
}

/** What can be done with all that are marked. */
function MarkedTools() {
  const studio = useStudio()
  const marked = useStudioState((state) => state.archive.marked)
  if (marked.length === 0) return null
  return (
    <div className="row">
      <span className="quiet small">{runsWords.marked(marked.length)}</span>
      <button type="button" className="plain" onClick={() => void studio.exportRuns(marked)}>
        {runsWords.exportMarked}
      </button>
      <button type="button" className="plain" onClick={() => void studio.removeRuns('runs', marked)}>
        {runsWords.deleteMarked}
      </button>
      <button type="button" className="plain" onClick={() => studio.markRuns([])}>
        {runsWords.unmark}
      </button>
    </div>
  )
}

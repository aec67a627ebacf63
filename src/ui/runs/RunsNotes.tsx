import { useStudio, useStudioState } from '../studio-context'
import { runsWords } from '../words/runs'

/** What should be known of the kept runs as a whole, and what can be undone. */
export function RunsNotes() {
  const studio = useStudio()
  const { status, damaged, imported, importing, freed, room, askedToPersist, runs } = useStudioState(
    (state) => state.archive,
  )
  const asks = status === 'kept' && runs.length > 0 && !askedToPersist && room?.persisted === false
  return (
    <>
      {status === 'memory' && <p className="run-note">{runsWords.memory}</p>}
      {asks && (
        <div className="run-note">
          <p>{runsWords.askPersist}</p>
          <div className="row">
            <button type="button" onClick={() => void studio.askToPersist(true)}>
              {runsWords.persist}
            </button>
            <button type="button" className="plain" onClick={() => void studio.askToPersist(false)}>
              {runsWords.notNow}
            </button>
          </div>
        </div>
      )}
      {damaged.count > 0 && (
        <div className="run-note" data-kind="warn">
          <p>{runsWords.damaged(damaged.count, damaged.bytes)}</p>
          <button type="button" onClick={() => void studio.removeDamaged()}>
            {runsWords.removeDamaged}
          </button>
        </div>
      )}
      <div role="status" className="run-said quiet small">
        {importing && <p>{runsWords.importing}</p>}
        {imported && <p>{runsWords.imported(imported.added, imported.known, imported.refused, imported.reason)}</p>}
        {freed !== null && <p>{runsWords.freed(freed)}</p>}
      </div>
    </>
  )
}

import { useEffect } from 'react'
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
      <Removing />
    </>
  )
}

/** What was deleted, for as long as it can be brought back; the clock stands still while the buttons are within reach. */
function Removing() {
  const studio = useStudio()
  const removal = useStudioState((state) => state.archive.removal)
  // a pointer that rested on it when the view was left holds nothing any more
  useEffect(() => studio.resumeRemoval, [studio])
  return (
    <div className="run-removal-place" aria-live="polite">
      {removal && (
        // biome-ignore lint/a11y/noStaticElementInteractions: holds the clock while its buttons are within reach
        <div
          className="run-removal"
          onPointerEnter={studio.holdRemoval}
          onPointerLeave={studio.resumeRemoval}
          onFocus={studio.holdRemoval}
          onBlur={studio.resumeRemoval}
        >
          <p>{runsWords.removing(removal.what, removal.ids.length, removal.bytes)}</p>
          <div className="row">
            <button type="button" onClick={() => void studio.undoRemoval()}>
              {runsWords.undo}
            </button>
            <button type="button" className="plain" onClick={() => void studio.settleRemoval()}>
              {runsWords.settle}
            </button>
          </div>
        </div>
      )}
    </div>
  )
}

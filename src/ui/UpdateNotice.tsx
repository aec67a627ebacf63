import './banner.css'
import { useStudio, useStudioState } from './studio-context'
import { offlineWords } from './words/offline'

/** Tells of a newer release; nothing changes before it is asked for. */
export function UpdateNotice() {
  const studio = useStudio()
  const waits = useStudioState((state) => state.offline.update)
  const busy = useStudioState((state) => state.busy !== null)
  return (
    <div aria-live="polite">
      {waits && (
        <div className="banner notice">
          <div>
            <h2>{offlineWords.update}</h2>
            <p className="quiet">{busy ? offlineWords.updateBusy : offlineWords.updateIdle}</p>
          </div>
          <button type="button" disabled={busy} onClick={studio.update}>
            {offlineWords.reload}
          </button>
        </div>
      )}
    </div>
  )
}

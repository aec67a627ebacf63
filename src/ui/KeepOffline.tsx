import { CheckField } from './fields'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'
import { offlineWords } from './words/offline'

/** Whether the bundled models and texts stay in this browser; shown where it can keep them. */
export function KeepOffline() {
  const studio = useStudio()
  const { kept, changing } = useStudioState((state) => state.offline)
  if (!kept || kept.total === 0) return null
  const { bytes, total } = kept
  return (
    <div className="keep-offline">
      <CheckField
        label={offlineWords.keep}
        help={offlineWords.size(total)}
        // what was clicked, at once: copying takes as long as the models are large
        value={changing === null ? bytes === total : changing === 'keep'}
        disabled={changing !== null}
        onChange={(wanted) => void studio.keepBundled(wanted)}
      />
      {changing === 'keep' && (
        <ProgressLine label={offlineWords.keep} detail={offlineWords.keeping(bytes, total)} share={bytes / total} />
      )}
    </div>
  )
}

import { CheckField } from './fields'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'
import { offlineWords } from './words/offline'

/** Whether the bundled models and texts stay in this browser; shown where it can keep them. */
export function KeepOffline() {
  const studio = useStudio()
  const { kept, keeping } = useStudioState((state) => state.offline)
  if (!kept || kept.total === 0) return null
  const { bytes, total } = kept
  return (
    <div className="keep-offline">
      <CheckField
        label={offlineWords.keep}
        help={offlineWords.size(total)}
        value={keeping || bytes === total}
        disabled={keeping}
        onChange={(wanted) => void studio.keepBundled(wanted)}
      />
      {keeping && (
        <ProgressLine label={offlineWords.keep} detail={offlineWords.keeping(bytes, total)} share={bytes / total} />
      )}
    </div>
  )
}

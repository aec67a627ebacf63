import { modelBytes } from '../state/catalog'
import { formatBytes } from './format'
import { useStudio, useStudioState } from './studio-context'
import { openWords } from './words/open'

/** For somebody who sees the page for the first time: one click from nothing to a quantized model. */
export function FirstRun() {
  const studio = useStudio()
  const engine = useStudioState((state) => state.engine)
  const models = useStudioState((state) => state.catalog.models)
  const busy = useStudioState((state) => state.busy !== null)
  const software = engine.status === 'ready' && engine.gpu.software
  // the smallest is done while one watches on any device
  const model = software ? [...models].sort((a, b) => modelBytes(a) - modelBytes(b))[0] : models[0]
  if (!model || engine.status === 'absent') return null
  return (
    <div className="first-run">
      <p className="lead">{openWords.lead}</p>
      <div className="row">
        <button
          type="button"
          className="primary large"
          disabled={busy || engine.status !== 'ready'}
          onClick={() => void studio.tryOut(model.name)}
        >
          {openWords.first(model.title)}
        </button>
        <span className="quiet small">{openWords.firstNote(formatBytes(modelBytes(model)), software)}</span>
      </div>
    </div>
  )
}

import { modelBytes } from '../../state/catalog'
import { visible } from '../../visible'
import { FileButton } from '../FileButton'
import { FirstRun } from '../FirstRun'
import { folderOfChoice } from '../files'
import { formatBytes } from '../format'
import { HubOpen } from '../HubOpen'
import { KeepOffline } from '../KeepOffline'
import { KeptRuns } from '../KeptRuns'
import { ProgressLine } from '../ProgressLine'
import { Step } from '../Step'
import { useStudio, useStudioState } from '../studio-context'
import { openWords as words } from '../words/open'
import { viewWords } from '../words/view'

export function OpenStep() {
  const studio = useStudio()
  const model = useStudioState((state) => state.model)
  const view = useStudioState((state) => state.view)
  const opening = useStudioState((state) => state.opening)
  const name = model?.inspection.name ?? view?.facts.name
  const busy = useStudioState((state) => state.busy)
  const incomplete = opening.status === 'incomplete'
  const offer = (files: File[]) => void studio.offer(files, folderOfChoice(files))
  return (
    <Step
      id="open"
      status={name === undefined ? words.nothing : visible(name)}
      side={<p className="quiet small">{words.promise}</p>}
    >
      {!model && <FirstRun />}
      <div className="drop-zone" data-compact={model !== null}>
        <div>
          <strong>{incomplete ? words.dropMissing : model ? words.dropAnother : words.dropFirst}</strong>
          {!model && (
            <p className="quiet small">
              {words.dropNote} {viewWords.anyFile}
            </p>
          )}
        </div>
        <div className="row">
          <FileButton multiple disabled={busy !== null} onFiles={offer}>
            {words.chooseFiles}
          </FileButton>
          <FileButton folder disabled={busy !== null} onFiles={offer}>
            {words.chooseFolder}
          </FileButton>
        </div>
      </div>
      {opening.status === 'busy' && (
        <ProgressLine
          label={opening.label}
          detail={opening.total > 0 ? words.progress(formatBytes(opening.done), formatBytes(opening.total)) : ''}
          share={opening.total > 0 ? opening.done / opening.total : null}
        />
      )}
      {incomplete && <Missing missing={opening.missing} have={opening.have} />}
      <KeptRuns />
      <BundledModels />
      <KeepOffline />
      <HubOpen />
    </Step>
  )
}

function Missing({ missing, have }: { missing: readonly string[]; have: readonly string[] }) {
  const studio = useStudio()
  return (
    <section className="missing" aria-label={words.missingLabel} aria-live="polite">
      <p>
        <strong>{words.missing}</strong> {words.missingBeside(have)}
      </p>
      <ul>
        {missing.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <p className="row small">
        <span className="quiet">{words.missingNote}</span>
        {have.some((name) => /\.(safetensors|gguf)$/i.test(name)) && (
          <button type="button" className="plain" onClick={() => void studio.lookAtPile()}>
            {viewWords.lookNow}
          </button>
        )}
        <button type="button" className="plain" onClick={studio.dropPile}>
          {words.startOver}
        </button>
      </p>
    </section>
  )
}

function BundledModels() {
  const studio = useStudio()
  const models = useStudioState((state) => state.catalog.models)
  const first = useStudioState((state) => (state.model ? null : state.catalog.models[0]))
  const busy = useStudioState((state) => state.busy)
  const ready = useStudioState((state) => state.engine.status !== 'starting')
  if (models.length === 0) return null
  return (
    <ul className="bundled" aria-label={words.bundled} data-compact={first === null}>
      {models.map((model) => (
        <li key={model.name}>
          <h3>
            {model.title} <span className="quiet">{formatBytes(modelBytes(model))}</span>
          </h3>
          {first && <p>{model.description}</p>}
          <button type="button" disabled={busy !== null || !ready} onClick={() => void studio.openBundled(model.name)}>
            {words.open(model.title)}
          </button>
        </li>
      ))}
    </ul>
  )
}

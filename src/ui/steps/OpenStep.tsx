import { modelBytes } from '../../state/catalog'
import { FileButton } from '../FileButton'
import { folderOfChoice } from '../files'
import { formatBytes } from '../format'
import { HubOpen } from '../HubOpen'
import { KeptRuns } from '../KeptRuns'
import { ProgressLine } from '../ProgressLine'
import { Step } from '../Step'
import { useStudio, useStudioState } from '../studio-context'
import { viewWords } from '../words/view'

export function OpenStep() {
  const studio = useStudio()
  const model = useStudioState((state) => state.model)
  const view = useStudioState((state) => state.view)
  const opening = useStudioState((state) => state.opening)
  const busy = useStudioState((state) => state.busy)
  const incomplete = opening.status === 'incomplete'
  const offer = (files: File[]) => void studio.offer(files, folderOfChoice(files))
  return (
    <Step
      id="open"
      status={model?.inspection.name ?? view?.facts.name ?? 'nothing open'}
      side={
        <p className="quiet small">
          {!model &&
            "Bitloom quantizes language models on this machine's GPU, shows every bit it stores and measures what it costs. "}
          Nothing leaves this machine, and nothing is fetched, unless you ask for it.
        </p>
      }
    >
      <div className="drop-zone" data-compact={model !== null}>
        <div>
          <strong>
            {incomplete ? 'Drop the missing files' : model ? 'Drop another model' : 'Drop a model folder or files'}
          </strong>
          {!model && (
            <p className="quiet small">
              config.json, tokenizer.json and *.safetensors, or a .gguf, or one packed Bitloom file. Anywhere on this
              page. {viewWords.anyFile}
            </p>
          )}
        </div>
        <div className="row">
          <FileButton multiple disabled={busy !== null} onFiles={offer}>
            Choose files
          </FileButton>
          <FileButton folder disabled={busy !== null} onFiles={offer}>
            Choose folder
          </FileButton>
        </div>
      </div>
      {opening.status === 'busy' && (
        <ProgressLine
          label={opening.label}
          detail={opening.total > 0 ? `${formatBytes(opening.done)} of ${formatBytes(opening.total)}` : ''}
          share={opening.total > 0 ? opening.done / opening.total : null}
        />
      )}
      {incomplete && <Missing missing={opening.missing} have={opening.have} />}
      <KeptRuns />
      <BundledModels />
      <HubOpen />
    </Step>
  )
}

function Missing({ missing, have }: { missing: readonly string[]; have: readonly string[] }) {
  const studio = useStudio()
  return (
    <section className="missing" aria-label="Missing files" aria-live="polite">
      <p>
        <strong>Still missing</strong> beside {have.join(', ')}:
      </p>
      <ul>
        {missing.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <p className="row small">
        <span className="quiet">Add them one by one or together; what is here is kept.</span>
        {have.some((name) => /\.(safetensors|gguf)$/i.test(name)) && (
          <button type="button" className="plain" onClick={() => void studio.lookAtPile()}>
            {viewWords.lookNow}
          </button>
        )}
        <button type="button" className="plain" onClick={studio.dropPile}>
          Start over
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
    <ul className="bundled" aria-label="Bundled models" data-compact={first === null}>
      {models.map((model) => (
        <li key={model.name}>
          <h3>
            {model.title} <span className="quiet">{formatBytes(modelBytes(model))}</span>
          </h3>
          {first && <p>{model.description}</p>}
          <button
            type="button"
            className={model === first ? 'primary' : ''}
            disabled={busy !== null || !ready}
            onClick={() => void studio.openBundled(model.name)}
          >
            Try {model.title}
          </button>
        </li>
      ))}
    </ul>
  )
}

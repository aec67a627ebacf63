import { useState } from 'react'
import { EXPORT_KINDS } from '../state/exports'
import type { ExportFormat } from '../workers/api'
import { CheckField, ChoiceField, WordField } from './fields'
import { HubToken } from './HubToken'
import { useStudio, useStudioState } from './studio-context'
import { hubWords as words } from './words/hub'

const WHAT = EXPORT_KINDS.flatMap(({ versions }) =>
  versions.map(({ format, name }) => ({ value: format, label: name[0]!.toUpperCase() + name.slice(1) })),
)

/** The only thing that ever leaves this machine, and only by this button. */
export function HubPush({ alive }: { readonly alive: boolean }) {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy)
  const uploading = useStudioState((state) => state.busy === 'save' && state.work?.phase === null)
  const pushed = useStudioState((state) => state.hub.pushed)
  const [repo, setRepo] = useState('')
  const [what, setWhat] = useState<ExportFormat>('packed')
  const [isPrivate, setPrivate] = useState(true)
  return (
    <details>
      <summary>{words.upload}</summary>
      <div className="stack">
        <div className="fields">
          <WordField
            label={words.repository}
            value={repo}
            placeholder={words.repositoryPlaceholder}
            onChange={setRepo}
          />
          <ChoiceField label={words.whatToUpload} drops value={what} choices={WHAT} onChange={setWhat} />
          <HubToken purpose="write" />
          <CheckField label={words.isPrivate} value={isPrivate} help={words.privateHelp} onChange={setPrivate} />
        </div>
        <div className="row">
          <button
            type="button"
            disabled={busy !== null || !alive || !repo.includes('/')}
            onClick={() => void studio.push({ what, repo: repo.trim(), isPrivate })}
          >
            {words.push(isPrivate)}
          </button>
          {uploading && (
            <button type="button" onClick={() => void studio.stopPush()}>
              {words.cancelPush}
            </button>
          )}
          {pushed && (
            <a href={pushed} target="_blank" rel="noreferrer">
              {pushed}
            </a>
          )}
        </div>
      </div>
    </details>
  )
}

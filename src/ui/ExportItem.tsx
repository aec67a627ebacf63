import { useState } from 'react'
import type { ExportKind } from '../state/exports'
import type { Result } from '../state/store'
import type { VerifyReport } from '../workers/api'
import { ChoiceField } from './fields'
import { formatBytes, formatError, formatPercent } from './format'
import { useStudio, useStudioState } from './studio-context'
import { takeWords as words } from './words/take'

interface ExportItemProps {
  readonly kind: ExportKind
  readonly result: Result
  /** Bytes, until the engine has said; by estimate unless `exact`. */
  readonly estimate: number | null
  readonly exact: boolean
  readonly primary?: boolean
}

/** One way to take the result away: saved, or opened again and compared. */
export function ExportItem({ kind, result, estimate, exact, primary }: ExportItemProps) {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy !== null)
  const [chosen, setChosen] = useState(kind.versions[0]!.format)
  const { name } = kind.versions.find(({ format }) => format === chosen)!
  const { facts, verified } = result.exports
  const known = facts[chosen]
  const report = verified[chosen]
  const bytes = known ? known.bytes : estimate
  const disabled = busy || !result.alive || known?.problem != null
  return (
    <li>
      <div className="take-what">
        <h3>
          {kind.title}
          {kind.simulated && <span className="tag">{words.simulated}</span>}
        </h3>
        <p className="quiet small">{kind.note}</p>
        {kind.choice && (
          <ChoiceField
            label={kind.choice}
            value={chosen}
            choices={kind.versions.map(({ format, label }) => ({ value: format, label }))}
            onChange={setChosen}
          />
        )}
        {known?.problem && <p className="small take-problem">{words.cannotHold(known.problem)}</p>}
        {known && known.notes.length > 0 && (
          <ul className="small take-warnings" aria-label={words.notes(name)}>
            {known.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {report && <Verdict report={report} />}
      </div>
      <span className="take-size">
        {bytes !== null && (
          <>
            {known || exact ? formatBytes(bytes) : words.about(formatBytes(bytes))}
            <span className="quiet small">{words.part(formatPercent(bytes / result.report.model.bytes))}</span>
          </>
        )}
      </span>
      <div className="take-actions">
        <button
          type="button"
          className={primary ? 'primary' : ''}
          disabled={disabled}
          onClick={() => void studio.download(chosen)}
        >
          {words.save(name)}
        </button>
        <button
          type="button"
          disabled={disabled}
          aria-label={words.verifyNamed(name)}
          title={words.verifyHelp}
          onClick={() => void studio.verify(chosen)}
        >
          {words.verify}
        </button>
      </div>
    </li>
  )
}

/** What came of opening the export again. */
function Verdict({ report: { verification, perplexity, equal } }: { report: VerifyReport }) {
  const { tensors, different, names, largest } = verification
  return (
    <p className="small take-verdict" role="status" data-equal={equal}>
      <strong>{equal ? words.verified : words.notSame}</strong>
      {different === 0
        ? words.allEqual(tensors)
        : words.someDiffer(
            different,
            tensors,
            formatError(largest),
            `${names.slice(0, 3).join(', ')}${different > 3 ? ' …' : ''}`,
          )}
      {perplexity && words.perplexity(perplexity.file.toFixed(2), perplexity.run.toFixed(2))}
    </p>
  )
}

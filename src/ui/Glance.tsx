import { sumPublished } from '../formats/bits'
import { ratio } from '../state/measurements'
import { type Summary, summaryOf } from '../state/summary'
import { BitsBar } from './BitsBar'
import { formatBounds, formatBytes, formatError, formatPercent } from './format'
import { useStudio, useStudioState } from './studio-context'
import './glance.css'

/** The result in four figures: what is stored, how small it got, where it hurts, what it costs. */
export function Glance() {
  const model = useStudioState((state) => state.model)
  const result = useStudioState((state) => state.result)
  const measurements = useStudioState((state) => state.measurements)
  const summary = summaryOf({ model, result, measurements })
  if (!summary || !result) return null
  return (
    <section className="glance" aria-label="Result at a glance">
      <BitsBar title="Bits a weight" bits={result.report.bits} published={sumPublished(result.report.modules)} />
      <Size packed={summary.packed} />
      {summary.error && <Worst error={summary.error} />}
      <Perplexity line={summary.perplexity} />
    </section>
  )
}

function Size({ packed: { bytes, original, exact } }: Pick<Summary, 'packed'>) {
  return (
    <div>
      <p className="quiet">Packed file</p>
      <p>
        <strong>
          {exact ? '' : '≈ '}
          {formatBytes(bytes)}
        </strong>{' '}
        of {formatBytes(original)}
      </p>
      <p className="quiet small">{formatPercent(bytes / original)} of the original, embedding and head unchanged</p>
    </div>
  )
}

function Worst({ error: { kind, median, worst } }: { error: NonNullable<Summary['error']> }) {
  const studio = useStudio()
  const { layer, role } = worst
  return (
    <div>
      <p className="quiet">{kind === 'output' ? 'Output error' : 'Weight error'}, median</p>
      <p>
        <strong>{formatError(median)}</strong>
      </p>
      <p className="quiet small">
        worst {formatError(worst.error[kind] ?? 0)} in{' '}
        <button type="button" className="plain" title={worst.name} onClick={() => studio.select(worst.name)}>
          layer {layer} {role}
        </button>
      </p>
    </div>
  )
}

function Perplexity({ line }: { line: Summary['perplexity'] }) {
  const change = line && ratio(line)
  return (
    <div>
      <p className="quiet">Perplexity</p>
      {line?.after ? (
        <>
          <p>
            {line.before && `${line.before.perplexity.toFixed(2)} → `}
            <strong>{line.after.perplexity.toFixed(2)}</strong>
            {change !== null && ` × ${change.toFixed(3)}`}
          </p>
          <p className="quiet small">
            {line.after.interval && `95 %: ${formatBounds(line.after.interval)}; `}
            {line.text}, {line.protocol}
          </p>
        </>
      ) : (
        <p>
          not measured yet, <a href="#step-measure">measure it</a>
        </p>
      )}
    </div>
  )
}

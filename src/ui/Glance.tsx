import { sumPublished } from '../formats/bits'
import { ratio } from '../state/measurements'
import { type Summary, summaryOf } from '../state/summary'
import { BitsBar } from './BitsBar'
import { formatBounds, formatBytes, formatError, formatPercent } from './format'
import { useStudio, useStudioState } from './studio-context'
import { bitsWords } from './words/bits'
import { glanceWords as words } from './words/glance'
import { MEASURE_WORDS } from './words/model-map'
import './glance.css'

/** The result in four figures: what is stored, how small it got, where it hurts, what it costs. */
export function Glance() {
  const model = useStudioState((state) => state.model)
  const result = useStudioState((state) => state.result)
  const measurements = useStudioState((state) => state.measurements)
  const summary = summaryOf({ model, result, measurements })
  if (!summary || !result) return null
  return (
    <section className="glance" aria-label={words.label}>
      <BitsBar title={bitsWords.title} bits={result.report.bits} published={sumPublished(result.report.modules)} />
      <Size packed={summary.packed} />
      {summary.error && <Worst error={summary.error} />}
      <Perplexity line={summary.perplexity} />
    </section>
  )
}

function Size({ packed: { bytes, original, exact } }: Pick<Summary, 'packed'>) {
  return (
    <div>
      <p className="quiet">{words.packed}</p>
      <p>
        <strong>
          {exact ? '' : '≈ '}
          {formatBytes(bytes)}
        </strong>{' '}
        {words.of(formatBytes(original))}
      </p>
      <p className="quiet small">{words.part(formatPercent(bytes / original))}</p>
    </div>
  )
}

function Worst({ error: { kind, median, worst } }: { error: NonNullable<Summary['error']> }) {
  const studio = useStudio()
  const { layer, role } = worst
  return (
    <div>
      <p className="quiet">{words.median(MEASURE_WORDS[kind].title)}</p>
      <p>
        <strong>{formatError(median)}</strong>
      </p>
      <p className="quiet small">
        {words.worst(formatError(worst.error[kind] ?? 0))}{' '}
        <button type="button" className="plain" title={worst.name} onClick={() => studio.select(worst.name)}>
          {words.place(layer, role)}
        </button>
      </p>
    </div>
  )
}

function Perplexity({ line }: { line: Summary['perplexity'] }) {
  const change = line && ratio(line)
  return (
    <div>
      <p className="quiet">{words.perplexity}</p>
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
          {words.notMeasured} <a href="#step-measure">{words.measure}</a>
        </p>
      )}
    </div>
  )
}

import type { PerplexityReport } from '../measurement-records'
import { type Measurement, ratio } from '../state/measurements'
import { formatBounds, formatDuration, formatInteger } from './format'
import { useStudioState } from './studio-context'
import { measureWords as words } from './words/measure'
import './table.css'

const COLUMNS = [
  { key: 'model', width: '9%' },
  { key: 'recipe', width: '16%' },
  { key: 'text', width: '12%' },
  { key: 'protocol', width: '10%' },
  { key: 'tokens', width: '6%', right: true },
  { key: 'before', width: '12%', right: true },
  { key: 'after', width: '12%', right: true },
  { key: 'ratio', width: '9%', right: true },
  { key: 'codes', width: '8%' },
  { key: 'time', width: '6%', right: true },
] as const

/** The numbers of this session, newest last; before and after share a line when text and protocol are the same. */
export function MeasureTable() {
  const measurements = useStudioState((state) => state.measurements)
  if (measurements.length === 0) return <p className="quiet">{words.none}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-area numbers" aria-label={words.table} tabIndex={0}>
      <table>
        <colgroup>
          {COLUMNS.map(({ key, width }) => (
            <col key={key} style={{ width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column.key} scope="col" data-align={'right' in column ? 'right' : undefined}>
                {words.columns[column.key]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {measurements.map((line) => (
            <Line key={`${line.model} ${line.run} ${line.protocol} ${line.text} ${line.maxTokens}`} line={line} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Line({ line }: { line: Measurement }) {
  const { before, after } = line
  const change = ratio(line)
  const seconds = (before?.seconds ?? 0) + (after?.seconds ?? 0)
  return (
    <tr>
      <td>{line.model.replace(/#\d+$/, '')}</td>
      <td title={line.recipe}>{line.recipe}</td>
      <td title={line.text}>{line.text}</td>
      <td>{line.protocol}</td>
      <td data-align="right">{formatInteger((after ?? before)?.tokens ?? 0)}</td>
      <td data-align="right" data-value={before?.perplexity}>
        {before ? before.perplexity.toFixed(4) : words.noNumber}
        <Within report={before} />
      </td>
      <td data-align="right" data-value={after?.perplexity} className="strong">
        {after ? after.perplexity.toFixed(4) : words.noNumber}
        <Within report={after} />
      </td>
      <td data-align="right">{change === null ? '' : `× ${change.toFixed(4)}`}</td>
      <td>{after && words.codes(after.stored)}</td>
      <td data-align="right">{formatDuration(seconds)}</td>
    </tr>
  )
}

/** The 95 % confidence interval under its number. */
function Within({ report }: { report: PerplexityReport | null }) {
  if (!report?.interval) return null
  return (
    <small className="within" title={words.interval(report.windows)}>
      {formatBounds(report.interval)}
    </small>
  )
}

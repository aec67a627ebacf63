import type { PerplexityReport } from '../measurement-records'
import { type Measurement, ratio } from '../state/measurements'
import { formatBounds, formatDuration, formatInteger } from './format'
import { useStudioState } from './studio-context'
import './table.css'

const WIDTHS = [
  { key: 'model', width: '9%' },
  { key: 'recipe', width: '16%' },
  { key: 'text', width: '12%' },
  { key: 'protocol', width: '10%' },
  { key: 'tokens', width: '6%' },
  { key: 'before', width: '12%' },
  { key: 'after', width: '12%' },
  { key: 'ratio', width: '9%' },
  { key: 'codes', width: '8%' },
  { key: 'time', width: '6%' },
]

/** The numbers of this session, newest last; before and after share a line when text and protocol are the same. */
export function MeasureTable() {
  const measurements = useStudioState((state) => state.measurements)
  if (measurements.length === 0)
    return (
      <p className="quiet">Numbers measured in this session are kept here, with text, protocol, tokens and time.</p>
    )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-area numbers" aria-label="Perplexities" tabIndex={0}>
      <table>
        <colgroup>
          {WIDTHS.map(({ key, width }) => (
            <col key={key} style={{ width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Recipe</th>
            <th scope="col">Text</th>
            <th scope="col">Protocol</th>
            <th scope="col" data-align="right">
              Tokens
            </th>
            <th scope="col" data-align="right">
              Before
            </th>
            <th scope="col" data-align="right">
              After
            </th>
            <th scope="col" data-align="right">
              Ratio
            </th>
            <th scope="col">Codes</th>
            <th scope="col" data-align="right">
              Time
            </th>
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
        {before ? before.perplexity.toFixed(4) : 'none'}
        <Within report={before} />
      </td>
      <td data-align="right" data-value={after?.perplexity} className="strong">
        {after ? after.perplexity.toFixed(4) : 'none'}
        <Within report={after} />
      </td>
      <td data-align="right">{change === null ? '' : `× ${change.toFixed(4)}`}</td>
      <td>{after && (after.stored ? 'stored' : 'dequantized')}</td>
      <td data-align="right">{formatDuration(seconds)}</td>
    </tr>
  )
}

/** The 95 % confidence interval under its number. */
function Within({ report }: { report: PerplexityReport | null }) {
  if (!report?.interval) return null
  return (
    <small className="within" title={`95 % confidence interval over ${report.windows} windows`}>
      {formatBounds(report.interval)}
    </small>
  )
}

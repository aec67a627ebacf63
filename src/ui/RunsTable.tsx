import { useMemo } from 'react'
import { differences, perplexityColumns, type RunRecord } from '../state/runs'
import { formatBounds, formatDuration, formatError, formatNumber, words } from './format'
import { useStudio, useStudioState } from './studio-context'
import { useRows } from './use-rows'
import { runsTableWords as labels } from './words/run'
import './table.css'
import './runs.css'

/** runs.css has the same. */
const HEIGHT = 264

/** The finished runs of this sitting side by side: where their recipes differ, and what came of each. */
export function RunsTable() {
  const studio = useStudio()
  const runs = useStudioState((state) => state.runs)
  const measurements = useStudioState((state) => state.measurements)
  const compared = useStudioState((state) => state.compared)
  const busy = useStudioState((state) => state.busy !== null)
  const differing = useMemo(() => differences(runs), [runs])
  const perplexities = useMemo(() => perplexityColumns(runs, measurements), [runs, measurements])
  const { area, onScroll, first, end, above, below } = useRows(runs.length, HEIGHT)
  if (runs.length === 0) return null
  return (
    <section className="stack" aria-label={labels.label}>
      <h3>
        {labels.title}{' '}
        <span className="quiet plain-weight">
          {labels.note} <a href="#runs">{labels.all}</a>
        </span>
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section ref={area} className="table-area runs" aria-label={labels.title} tabIndex={0} onScroll={onScroll}>
        <table aria-rowcount={runs.length + 1}>
          <thead>
            <tr>
              <th scope="col">{labels.run}</th>
              <th scope="col">{labels.sides.a}</th>
              <th scope="col">{labels.sides.b}</th>
              <th scope="col">{labels.recipe}</th>
              {differing.map(({ key }) => (
                <th key={key} scope="col">
                  {title(key)}
                </th>
              ))}
              <Numeric {...labels.columns.bits} />
              <Numeric {...labels.columns.width} />
              <Numeric {...labels.columns.error} />
              {perplexities.map(({ text, protocol, maxTokens }) => (
                <Numeric
                  key={`${text} ${protocol} ${maxTokens}`}
                  title={perplexities.length > 1 ? labels.perplexityOf(text) : labels.perplexity}
                  help={labels.setting(text, protocol, maxTokens)}
                />
              ))}
              <Numeric {...labels.columns.time} />
              <th scope="col">
                <span className="visually-hidden">{labels.again}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {above > 0 && <tr style={{ height: above }} />}
            {runs.slice(first, end).map((record, place) => (
              <tr key={record.run} aria-rowindex={first + place + 2}>
                <th scope="row">{record.run}</th>
                <Mark run={record} side="a" chosen={compared.a} />
                <Mark run={record} side="b" chosen={compared.b} />
                <td>{record.label}</td>
                {differing.map(({ key, values }) => (
                  <td key={key}>{values[first + place]}</td>
                ))}
                <td data-align="right">{formatNumber(record.bits.total, 3)}</td>
                <td data-align="right">{formatNumber(record.width, 3)}</td>
                <td data-align="right">{formatError(record.error)}</td>
                {perplexities.map(({ text, protocol, maxTokens, values }) => {
                  const value = values[first + place]
                  return (
                    <td
                      key={`${text} ${protocol} ${maxTokens}`}
                      data-align="right"
                      title={value?.interval ? labels.interval(formatBounds(value.interval)) : undefined}
                    >
                      {value ? formatNumber(value.perplexity, 2) : <span className="quiet">{labels.none}</span>}
                    </td>
                  )
                })}
                <td data-align="right">{formatDuration(record.seconds)}</td>
                <td>
                  <button
                    type="button"
                    className="plain"
                    disabled={busy}
                    aria-label={labels.againOf(record.run)}
                    onClick={() => {
                      studio.repeat(record.recipe)
                      document.getElementById('step-recipe')?.scrollIntoView({ block: 'start' })
                    }}
                  >
                    {labels.again}
                  </button>
                </td>
              </tr>
            ))}
            {below > 0 && <tr style={{ height: below }} />}
          </tbody>
        </table>
      </section>
    </section>
  )
}

const title = (key: string): string => words(key).replace(/^./, (letter) => letter.toUpperCase())

const Numeric = ({ title, help }: { title: string; help: string }) => (
  <th scope="col" data-align="right" title={help}>
    {title}
  </th>
)

function Mark({ run, side, chosen }: { run: RunRecord; side: 'a' | 'b'; chosen: number | null }) {
  const studio = useStudio()
  return (
    <td>
      <input
        type="radio"
        name={`compared-${side}`}
        aria-label={labels.mark(run.run, side)}
        checked={chosen === run.run}
        onChange={() => studio.compare({ [side]: run.run })}
      />
    </td>
  )
}

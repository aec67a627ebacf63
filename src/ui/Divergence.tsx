import { useCallback, useState } from 'react'
import type { DivergenceLine } from '../state/measurements'
import { formatError, formatNumber } from './format'
import { divergenceText, drawDivergence, layoutDivergence, stepAt } from './maps/divergence-chart'
import { Plot, walkLine } from './Plot'
import { savePicture } from './save'
import { useStudio, useStudioState } from './studio-context'
import type { Draw } from './use-canvas'
import { divergenceWords as words } from './words/divergence'

/** Steps of the histogram that a key with Shift goes over. */
const FAR = 4

/** How far results are from their originals: a line a comparison, and the newest as a chart. */
export function Divergence() {
  const lines = useStudioState((state) => state.divergences)
  const newest = lines.at(-1)
  if (!newest) return null
  return (
    <section className="stack" aria-label={words.title}>
      <DivergenceTable lines={lines} />
      <DivergenceChart line={newest} />
    </section>
  )
}

function DivergenceTable({ lines }: { lines: readonly DivergenceLine[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-area numbers" aria-label={words.table} tabIndex={0}>
      <table>
        <caption className="visually-hidden">{words.caption}</caption>
        <thead>
          <tr>
            {words.head.map((name, column) => (
              <th key={name} scope="col" data-align={column > 2 ? 'right' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ report, recipe, ...key }) => (
            <tr key={`${key.model} ${key.run} ${key.protocol} ${key.text} ${key.maxTokens}`}>
              <td title={recipe}>{recipe}</td>
              <td title={key.text}>{key.text}</td>
              <td>{key.protocol}</td>
              <td data-align="right" data-value={report.kl.mean} className="strong">
                {formatError(report.kl.mean)}
              </td>
              <td data-align="right">
                {report.kl.interval
                  ? words.interval(formatError(report.kl.interval.low), formatError(report.kl.interval.high))
                  : words.oneWindow}
              </td>
              <td data-align="right">{formatError(report.kl.median)}</td>
              <td data-align="right">{formatError(report.kl.p99)}</td>
              <td data-align="right">{formatError(report.kl.max)}</td>
              <td data-align="right">{formatNumber(100 * report.topAgreement.value, 2)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function DivergenceChart({ line: { report, recipe, text, protocol } }: { line: DivergenceLine }) {
  const studio = useStudio()
  const [cursor, setCursor] = useState<number | null>(null)
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawDivergence(ctx, report, layoutDivergence(width), cursor, theme),
    [report, cursor],
  )
  const { counts } = report.histogram
  return (
    <Plot
      title={
        <>
          {words.title} <span className="quiet plain-weight">{words.of(recipe, text, protocol, report.tokens)}</span>
        </>
      }
      label={words.label}
      height={(width) => layoutDivergence(width).height}
      draw={draw}
      readout={divergenceText(report, cursor)}
      caption={words.picture(recipe, text, protocol)}
      onPicture={savePicture(`${studio.baseName()}-divergence`)}
      onPoint={(at) => setCursor(at && stepAt(report, layoutDivergence(at.width), at.x, at.y))}
      onKey={(key, far) => {
        if (key === 'Escape') setCursor(null)
        const first = counts.findIndex((count) => count > 0)
        const to = walkLine(cursor ?? first - 1, key, counts.length, far ? FAR : 1)
        if (to !== null) setCursor(to)
        return to !== null || key === 'Escape'
      }}
    />
  )
}

import { useCallback, useState } from 'react'
import type { DivergenceLine } from '../state/measurements'
import { formatError, formatInteger, formatNumber } from './format'
import { divergenceText, drawDivergence, layoutDivergence, stepAt } from './maps/divergence-chart'
import { Plot, walkLine } from './Plot'
import { savePicture } from './save'
import { useStudio, useStudioState } from './studio-context'
import type { Draw } from './use-canvas'

/** Steps of the histogram that a key with Shift goes over. */
const FAR = 4

/** How far results are from their originals: a line a comparison, and the newest as a chart. */
export function Divergence() {
  const lines = useStudioState((state) => state.divergences)
  const newest = lines.at(-1)
  if (!newest) return null
  return (
    <section className="stack" aria-label="Divergence from the original">
      <DivergenceTable lines={lines} />
      <DivergenceChart line={newest} />
    </section>
  )
}

const HEAD = ['Recipe', 'Text', 'Protocol', 'Mean KL', '95 % interval', 'Median', '99 %', 'Most', 'Same top token']

function DivergenceTable({ lines }: { lines: readonly DivergenceLine[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-area numbers" aria-label="Divergences" tabIndex={0}>
      <table>
        <caption className="visually-hidden">KL divergence from the original, nats a token</caption>
        <thead>
          <tr>
            {HEAD.map((name, column) => (
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
                  ? `${formatError(report.kl.interval.low)} to ${formatError(report.kl.interval.high)}`
                  : 'one window'}
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
          Divergence from the original{' '}
          <span className="quiet plain-weight">
            {recipe}; {text}, {protocol}, {formatInteger(report.tokens)} tokens
          </span>
        </>
      }
      label={`Tokens by their KL divergence from the original, and loss by position. Arrow keys read out a step of the histogram.`}
      height={(width) => layoutDivergence(width).height}
      draw={draw}
      readout={divergenceText(report, cursor)}
      caption={`${recipe}: divergence from the original, nats a token; ${text}, ${protocol}`}
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

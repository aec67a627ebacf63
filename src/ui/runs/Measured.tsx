import type { ArchivedRun } from '../../archived-run'
import { settingKey } from '../../state/run-table'
import type { ListedRun } from '../../workers/archive-api'
import { formatBounds, formatError, formatNumber, formatTenths } from '../format'
import { runsWords } from '../words/runs'
import { settingText } from './cells'

const perplexity = (value: number | null) => (value === null ? '' : formatNumber(value, 2))

/** Everything that was measured of a run. */
export function Measured({ run: { scores, tasks }, record }: { run: ListedRun; record: ArchivedRun | null }) {
  if (scores.length + tasks.length === 0) return <p className="quiet">{runsWords.noneMeasured}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-area run-measured" aria-label={runsWords.measured} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{runsWords.measured}</th>
            <th scope="col" data-align="right">
              {runsWords.original}
            </th>
            <th scope="col" data-align="right">
              {runsWords.quantized}
            </th>
            <th scope="col" data-align="right">
              95 %
            </th>
            <th scope="col" data-align="right">
              {runsWords.metric.kl}
            </th>
            <th scope="col" data-align="right">
              {runsWords.metric.top}
            </th>
          </tr>
        </thead>
        <tbody>
          {scores.map((score) => (
            <tr key={settingKey(score)}>
              <th scope="row" title={runsWords.textOf(record?.body.measured.texts[score.text])}>
                {runsWords.metric.perplexity}: {settingText(score)}
              </th>
              <td data-align="right">{perplexity(score.original)}</td>
              <td data-align="right">{perplexity(score.perplexity)}</td>
              <td data-align="right">
                {score.low !== null && score.high !== null && formatBounds({ low: score.low, high: score.high })}
              </td>
              <td data-align="right">{score.kl !== null && formatError(score.kl)}</td>
              <td data-align="right">{score.top !== null && formatTenths(score.top)}</td>
            </tr>
          ))}
          {tasks.map(({ task, items, accuracy, original }) => (
            <tr key={`${task} ${items}`}>
              <th scope="row">
                {runsWords.metric.accuracy}: {runsWords.items(task, items)}
              </th>
              <td data-align="right">{original && formatTenths(original.value)}</td>
              <td data-align="right">{accuracy && formatTenths(accuracy.value)}</td>
              <td colSpan={3} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

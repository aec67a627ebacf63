import type { ReactNode } from 'react'
import {
  type BenchmarkRun,
  bestRates,
  byWork,
  figures,
  percent,
  type Rates,
  type Reached,
  reached,
  timedOnGpu,
} from '../state/benchmark'
import type { BenchmarkRow } from '../workers/api'
import { benchmarkWords as words } from './words/benchmark'
import './table.css'

interface Column {
  readonly key: keyof typeof words.columns
  readonly title: string
  readonly help?: string
  /** Text; numbers stand to the right. */
  readonly text?: boolean
  render(row: BenchmarkRow, share: Reached | null): ReactNode
}

const GPU_TIME: Column = {
  ...{ key: 'gpu', ...words.columns.gpu },
  render: ({ gpuMs }) => typeof gpuMs === 'number' && figures(gpuMs),
}

const COLUMNS: readonly Column[] = [
  { key: 'n', ...words.columns.n, render: ({ n }) => n },
  { key: 'ms', ...words.columns.ms, render: ({ ms }) => figures(ms) },
  GPU_TIME,
  { key: 'gflops', ...words.columns.gflops, render: ({ gflops }) => gflops > 0 && figures(gflops) },
  { key: 'gb', ...words.columns.gb, render: ({ gbPerSecond }) => figures(gbPerSecond) },
  { key: 'bound', ...words.columns.bound, text: true, render: (_row, share) => share && words.bounds[share.bound] },
  { key: 'share', ...words.columns.share, text: true, render: (_row, share) => share && <Share share={share} /> },
]

/** A line a size under the name of each work, as they are measured. */
export function BenchmarkTable({ run: { rows } }: { run: BenchmarkRun }) {
  const best = bestRates(rows)
  const columns = timedOnGpu(rows) ? COLUMNS : COLUMNS.filter((column) => column !== GPU_TIME)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-area benchmark-table" aria-label={words.times} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map(({ key, title, help, text }) => (
                <th key={key} scope="col" title={help} data-column={key} data-align={text ? undefined : 'right'}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          {byWork(rows).map(([work, own]) => (
            <tbody key={work}>
              <tr className="benchmark-work">
                <th scope="rowgroup" colSpan={columns.length}>
                  {work}
                </th>
              </tr>
              {own.map((row) => (
                <Line key={row.n} row={row} columns={columns} best={best} />
              ))}
            </tbody>
          ))}
        </table>
      </section>
      <Rulers best={best} />
    </>
  )
}

function Line({ row, columns, best }: { row: BenchmarkRow; columns: readonly Column[]; best: Rates }) {
  const share = reached(row, best)
  return (
    <tr>
      {columns.map(({ key, text, render }) => (
        <td key={key} data-column={key} data-align={text ? undefined : 'right'}>
          {render(row, share)}
        </td>
      ))}
    </tr>
  )
}

function Share({ share: { bound, share } }: { share: Reached }) {
  return (
    <span className="share">
      <span className="share-bar" data-bound={bound} aria-hidden="true">
        <i style={{ width: `${Math.min(100, 100 * share)}%` }} />
      </span>
      {percent(share)}
    </span>
  )
}

/** What "reached" is a part of, in numbers. */
function Rulers({ best: { gflops, gbPerSecond } }: { best: Rates }) {
  return (
    <p className="quiet small">
      {gflops === null || gbPerSecond === null
        ? words.noRulers(gflops === null, gbPerSecond === null)
        : words.rulers(figures(gflops), figures(gbPerSecond))}
    </p>
  )
}

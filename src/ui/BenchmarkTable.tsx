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
import './table.css'

interface Column {
  readonly key: string
  readonly title: string
  readonly help?: string
  /** Text; numbers stand to the right. */
  readonly text?: boolean
  render(row: BenchmarkRow, share: Reached | null): ReactNode
}

const GPU_TIME: Column = {
  key: 'gpu',
  title: 'GPU ms',
  help: 'Kernels alone, by the clock of the GPU',
  render: ({ gpuMs }) => typeof gpuMs === 'number' && figures(gpuMs),
}

const COLUMNS: readonly Column[] = [
  { key: 'n', title: 'n', render: ({ n }) => n },
  { key: 'ms', title: 'ms', help: 'From asking to having, by the wall clock', render: ({ ms }) => figures(ms) },
  GPU_TIME,
  { key: 'gflops', title: 'GFLOP/s', render: ({ gflops }) => gflops > 0 && figures(gflops) },
  { key: 'gb', title: 'GB/s', help: 'Bytes that must move', render: ({ gbPerSecond }) => figures(gbPerSecond) },
  { key: 'bound', title: 'Bound by', text: true, render: (_row, share) => share?.bound },
  { key: 'share', title: 'Reached', text: true, render: (_row, share) => share && <Share share={share} /> },
]

/** A line a size under the name of each work, as they are measured. */
export function BenchmarkTable({ run: { rows } }: { run: BenchmarkRun }) {
  const best = bestRates(rows)
  const columns = timedOnGpu(rows) ? COLUMNS : COLUMNS.filter((column) => column !== GPU_TIME)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-area benchmark-table" aria-label="Times" tabIndex={0}>
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
  const missing = [gflops === null && 'a matmul', gbPerSecond === null && 'a copy'].filter(Boolean).join(' and ')
  if (missing)
    return <p className="quiet small">What the others reach is told once {missing} is measured beside them.</p>
  return (
    <p className="quiet small">
      Reached: of the speed that the best matmul ({figures(gflops!)} GFLOP/s) and the best copy ({figures(gbPerSecond!)}{' '}
      GB/s) of this table would allow, by whichever of the two bounds the work. Above 100 % a work does better than they
      do: its data stay in a cache, or its shape suits the device.
    </p>
  )
}

import {
  type BenchmarkRun,
  bestRates,
  byWork,
  figures,
  percent,
  type Rates,
  type Reached,
  reached,
} from '../state/benchmark'
import type { BenchmarkRow } from '../workers/api'
import './table.css'

/** A line a size under the name of each work, as they are measured. */
export function BenchmarkTable({ run: { rows } }: { run: BenchmarkRun }) {
  const best = bestRates(rows)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-area benchmark-table" aria-label="Times" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col" data-align="right">
                n
              </th>
              <th scope="col" data-align="right">
                ms
              </th>
              <th scope="col" data-align="right">
                GFLOP/s
              </th>
              <th scope="col" data-align="right">
                GB/s
              </th>
              <th scope="col">Bound by</th>
              <th scope="col">Reached</th>
            </tr>
          </thead>
          {byWork(rows).map(([work, own]) => (
            <tbody key={work}>
              <tr className="benchmark-work">
                <th scope="rowgroup" colSpan={6}>
                  {work}
                </th>
              </tr>
              {own.map((row) => (
                <Line key={row.n} row={row} best={best} />
              ))}
            </tbody>
          ))}
        </table>
      </section>
      <Rulers best={best} />
    </>
  )
}

function Line({ row, best }: { row: BenchmarkRow; best: Rates }) {
  const share = reached(row, best)
  return (
    <tr>
      <td data-align="right">{row.n}</td>
      <td data-align="right" className="strong">
        {figures(row.ms)}
      </td>
      <td data-align="right">{row.gflops > 0 ? figures(row.gflops) : ''}</td>
      <td data-align="right">{figures(row.gbPerSecond)}</td>
      <td className="quiet">{share?.bound}</td>
      <td>{share && <Share share={share} />}</td>
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
      Reached: of the least time that the best matmul ({figures(gflops!)} GFLOP/s) and the best copy (
      {figures(gbPerSecond!)} GB/s) of this table would allow, by whichever binds. Above 100 % a work uses the device
      better than these two do, a cache for example.
    </p>
  )
}

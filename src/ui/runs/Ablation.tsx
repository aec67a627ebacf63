import { recipeLabel } from '../../state/recipe'
import type { AblationRow } from '../../state/run-comparison'
import type { TextTable } from '../../state/text-tables'
import type { ListedRun } from '../../workers/archive-api'
import { formatBytes, formatDuration, formatError, formatNumber } from '../format'
import { runsWords } from '../words/runs'
import { CopyTable } from './CopyTable'
import { changeText, fieldTitle, meanText } from './cells'

/** What one value changed at a time has done, over seeds. */
export function Ablation({ rows, base }: { rows: readonly AblationRow[]; base: ListedRun }) {
  if (rows.length < 2 && (rows[0]?.runs.length ?? 0) < 2) return <p className="quiet">{runsWords.ablationNone}</p>
  const table = tableOf(rows)
  return (
    <div className="stack">
      <div className="table-head">
        <h3>
          {runsWords.ablation}{' '}
          <span className="quiet plain-weight">{runsWords.ablationOf(base.number, recipeLabel(base.recipe))}</span>
        </h3>
        <CopyTable table={() => table} of={runsWords.ablation} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-area run-ablation" aria-label={runsWords.ablation} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {table.head.map((title, i) => (
                <th key={title} scope="col" data-align={i < table.texts ? undefined : 'right'}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((cells, row) => (
              <tr key={`${rows[row]!.key} ${rows[row]!.value}`}>
                {cells.map((cell, i) =>
                  i === 0 ? (
                    <th key={table.head[i]} scope="row">
                      {cell}
                    </th>
                  ) : (
                    <td key={table.head[i]} data-align={i < table.texts ? undefined : 'right'}>
                      {cell}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  )
}

function tableOf(rows: readonly AblationRow[]): TextTable {
  const [base] = rows
  const table = {
    head: runsWords.ablationHead,
    rows: rows.map(({ key, value, runs, perplexity, kl, bits, bytes, seconds }) => {
      const change = key !== null && perplexity && base?.perplexity ? perplexity.mean - base.perplexity.mean : null
      return [
        key === null ? runsWords.ablationBase : fieldTitle(key),
        value,
        String(runs.length),
        meanText(perplexity, (mean) => formatNumber(mean, 2)),
        change === null ? '' : changeText('perplexity', change, perplexity!.mean),
        meanText(kl, formatError),
        meanText(bits, (mean) => formatNumber(mean, 3)),
        formatBytes(bytes.mean),
        formatDuration(seconds.mean),
      ]
    }),
    texts: 2,
  }
  // what was measured of none is no column
  const told = table.head.map((_, i) => i < 3 || table.rows.some((cells) => cells[i] !== ''))
  const kept = <T,>(cells: readonly T[]) => cells.filter((_, i) => told[i])
  return { ...table, head: kept(table.head), rows: table.rows.map(kept) }
}

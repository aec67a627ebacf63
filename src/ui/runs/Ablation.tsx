import { recipeLabel } from '../../state/recipe'
import type { AblationRow } from '../../state/run-comparison'
import type { ListedRun } from '../../workers/archive-api'
import { runsWords } from '../words/runs'
import { CopyTable } from './CopyTable'
import { ablationTable } from './tables'

/** What one value changed at a time has done, over seeds. */
export function Ablation({ rows, base }: { rows: readonly AblationRow[]; base: ListedRun }) {
  if (rows.length < 2 && (rows[0]?.runs.length ?? 0) < 2) return <p className="quiet">{runsWords.ablationNone}</p>
  const table = ablationTable(rows)
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

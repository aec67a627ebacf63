import { useMemo } from 'react'
import { recipeLabel } from '../../state/recipe'
import { sortRuns } from '../../state/run-table'
import type { ListedRun } from '../../workers/archive-api'
import { useStudio, useStudioState } from '../studio-context'
import { type TableColumn, VirtualTable } from '../VirtualTable'
import { runsWords } from '../words/runs'
import { columnsOf, type RunColumn } from './columns'
import { useFoundRuns, useSetting, useShownColumns } from './selection'

const ROW = 24
/** Rows that are seen at once. */
const ROWS = 14

const NUMBER: RunColumn = {
  key: 'number',
  title: runsWords.columnTitles.number,
  width: 66,
  cell: ({ number }) => number,
}

/** The kept runs as a table: sorted by any column, marked for comparison, one shown below. */
export function RunList() {
  const studio = useStudio()
  const found = useFoundRuns()
  const setting = useSetting()
  const sort = useStudioState((state) => state.archive.table.sort)
  const keys = useShownColumns()
  const all = useStudioState((state) => state.archive.runs.length)
  const shown = useStudioState((state) => state.archive.shown)
  const columns = useMemo(() => [NUMBER, ...columnsOf(keys)], [keys])
  const by = columns.find(({ key }) => key === sort.key) ?? NUMBER
  const rows = useMemo(
    () => sortRuns(found, (run) => by.cell(run, setting), sort.descending),
    [found, by, setting, sort.descending],
  )
  if (all === 0) return null
  if (rows.length === 0) return <p className="quiet">{runsWords.noneFound}</p>
  const widths = columns.reduce((sum, { width }) => sum + width, MARK_WIDTH)
  return (
    <VirtualTable
      label={runsWords.list}
      columns={[markColumn(rows), ...columns.map((column) => tableColumn(column))]}
      count={rows.length}
      rowAt={(index) => rows[index]!}
      rowKey={({ id }) => id}
      height={Math.min(rows.length, ROWS) * ROW + 42}
      minWidth={widths}
      selected={shown}
      onSelect={({ id }) => studio.showRun(id)}
    />
  )

  function tableColumn(column: RunColumn): TableColumn<ListedRun> {
    const { key, title, width, align } = column
    const sorted = sort.key === key ? (sort.descending ? 'descending' : 'ascending') : undefined
    return {
      ...{ key, title, width: `${width}px`, sorted, ...(align && { align }) },
      head: (
        <button
          type="button"
          className="plain sort"
          title={column.help}
          // numbers are looked at from their best end, which is mostly the low one; runs from the latest
          onClick={() => studio.viewRuns({ sort: { key, descending: sorted ? !sort.descending : key === 'made' } })}
        >
          {title}
          <span aria-hidden="true">{sorted && (sort.descending ? ' ↓' : ' ↑')}</span>
        </button>
      ),
      render: (run) => (key === 'number' ? <NumberCell run={run} /> : (column.show ?? column.cell)(run, setting)),
    }
  }
}

function NumberCell({ run }: { run: ListedRun }) {
  const studio = useStudio()
  const shown = useStudioState((state) => state.archive.shown === run.id)
  return (
    <button
      type="button"
      className="plain run-number"
      aria-pressed={shown}
      aria-label={runsWords.show(run.number, `${run.model.name}, ${recipeLabel(run.recipe)}`)}
      onClick={(event) => {
        // the row would choose it anew
        event.stopPropagation()
        studio.showRun(shown ? null : run.id)
      }}
    >
      {run.number}
    </button>
  )
}

const MARK_WIDTH = 34

const markColumn = (rows: readonly ListedRun[]): TableColumn<ListedRun> => ({
  ...{ key: 'mark', title: '', width: `${MARK_WIDTH}px` },
  head: <MarkAll rows={rows} />,
  render: (run) => <Mark run={run} />,
})

function Mark({ run: { id, number } }: { run: ListedRun }) {
  const studio = useStudio()
  const marked = useStudioState((state) => state.archive.marked)
  const checked = marked.includes(id)
  return (
    <input
      type="checkbox"
      aria-label={runsWords.mark(number)}
      checked={checked}
      onClick={(event) => event.stopPropagation()}
      onChange={() => studio.markRuns(checked ? marked.filter((other) => other !== id) : [...marked, id])}
    />
  )
}

function MarkAll({ rows }: { rows: readonly ListedRun[] }) {
  const studio = useStudio()
  const marked = useStudioState((state) => state.archive.marked)
  const known = new Set(marked)
  const checked = rows.every(({ id }) => known.has(id))
  const ids = new Set(rows.map(({ id }) => id))
  return (
    <input
      type="checkbox"
      aria-label={runsWords.markAll}
      checked={checked}
      onChange={() =>
        studio.markRuns([...marked.filter((id) => !ids.has(id)), ...(checked ? [] : rows.map(({ id }) => id))])
      }
    />
  )
}

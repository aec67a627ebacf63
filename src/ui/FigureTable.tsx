import { useMemo, useState } from 'react'
import { csvOf } from '../state/documents'
import { minus } from './format'
import { useStudio } from './studio-context'
import { type TableColumn, VirtualTable } from './VirtualTable'
import { DISTRIBUTIONS } from './words/distributions'

type Cell = string | number

interface Row {
  readonly index: number
  readonly row: readonly Cell[]
}

interface FigureTableProps {
  /** Of what: its accessible name. */
  readonly label: string
  readonly head: readonly string[]
  /** In a word, where one figure has two tables. */
  readonly what?: string
  /** Made when the table is opened or saved. */
  readonly rows: () => readonly (readonly Cell[])[]
  /** Of the CSV file, without the ending. */
  readonly file: string
}

/** The numbers of a figure: folded away below it, and as a CSV file. */
export function FigureTable({ label, head, rows, file, what }: FigureTableProps) {
  const studio = useStudio()
  const [open, setOpen] = useState(false)
  return (
    <details className="figure-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {DISTRIBUTIONS.asTable(what)}
        <span className="visually-hidden">: {label}</span>
      </summary>
      {open && (
        <>
          <Rows label={label} head={head} rows={rows} />
          <button
            type="button"
            className="plain"
            aria-label={`${label}, ${DISTRIBUTIONS.csv}`}
            onClick={() => void studio.saveText(`${studio.baseName()}-${file}.csv`, [csvOf([head, ...rows()])])}
          >
            {DISTRIBUTIONS.csv}
          </button>
        </>
      )}
    </details>
  )
}

const shown = (cell: Cell): string => (typeof cell === 'number' ? minus(String(cell)) : cell)

function Rows({ label, head, rows }: Pick<FigureTableProps, 'label' | 'head' | 'rows'>) {
  const cells = useMemo(() => rows().map((row, index) => ({ index, row })), [rows])
  const columns = useMemo(
    () =>
      head.map(
        (title, at): TableColumn<Row> => ({
          ...{ key: `${at} ${title}`, title, width: `${100 / head.length}%` },
          ...(typeof cells[0]?.row[at] === 'number' || at > 0 ? { align: 'right' as const } : {}),
          render: ({ row }) => shown(row[at]!),
        }),
      ),
    [head, cells],
  )
  return (
    <VirtualTable
      label={label}
      columns={columns}
      count={cells.length}
      rowAt={(index) => cells[index]!}
      rowKey={({ index }) => String(index)}
      height={216}
      minWidth={Math.max(280, head.length * 84)}
    />
  )
}

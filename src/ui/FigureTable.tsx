import { useMemo, useState } from 'react'
import { type CsvCell, csvOf } from '../state/documents'
import { minus } from './format'
import { useStudio } from './studio-context'
import { type TableColumn, VirtualTable } from './VirtualTable'
import { DISTRIBUTIONS } from './words/distributions'

interface Row {
  readonly index: number
  readonly row: readonly CsvCell[]
}

interface FigureTableProps {
  /** Of what: its accessible name. */
  readonly label: string
  readonly head: readonly string[]
  /** In a word, where one figure has two tables. */
  readonly what?: string
  /** Made when the table is opened or saved, its numbers as they are. */
  readonly rows: () => readonly (readonly CsvCell[])[]
  /** How a person reads the numbers of each column, the last one those of all that follow; in all their digits unless given. */
  readonly formats?: readonly ((value: number) => string)[]
  /** Of the CSV file, without the ending. */
  readonly file: string
}

/** The numbers of a figure: folded away below it, and as a CSV file. */
export function FigureTable({ label, head, rows, formats, file, what }: FigureTableProps) {
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
          <Rows label={label} head={head} rows={rows} {...(formats && { formats })} />
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

export const inFull = (value: number): string => minus(String(value))

const IN_FULL = [inFull]

type RowsProps = Pick<FigureTableProps, 'label' | 'head' | 'rows' | 'formats'>

function Rows({ label, head, rows, formats = IN_FULL }: RowsProps) {
  const cells = useMemo(() => rows().map((row, index) => ({ index, row })), [rows])
  const columns = useMemo(
    () =>
      head.map(
        (title, at): TableColumn<Row> => ({
          ...{ key: `${at} ${title}`, title, width: `${100 / head.length}%` },
          ...(typeof cells[0]?.row[at] === 'number' || at > 0 ? { align: 'right' as const } : {}),
          render: ({ row }) => {
            const cell = row[at] ?? ''
            return typeof cell === 'number' ? (formats[at] ?? formats.at(-1)!)(cell) : cell
          },
        }),
      ),
    [head, cells, formats],
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

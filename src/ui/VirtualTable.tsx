import { type ReactNode, useEffect, useRef, useState } from 'react'
import './table.css'

export interface TableColumn<Row> {
  readonly key: string
  readonly title: string
  /** In place of the title, as a button that sorts. */
  readonly head?: ReactNode
  readonly sorted?: 'ascending' | 'descending' | undefined
  readonly align?: 'right'
  /** CSS width; the table's layout is fixed, so that rows may come and go without anything moving. */
  readonly width: string
  readonly mono?: boolean
  render(row: Row): ReactNode
}

interface VirtualTableProps<Row> {
  readonly label: string
  readonly columns: readonly TableColumn<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  /** Pixels of the scrolling area. */
  readonly height: number
  readonly minWidth: number
  readonly onSelect?: (row: Row) => void
  readonly selected?: string | null
  readonly running?: string | null
  readonly dim?: (row: Row) => boolean
}

const ROW = 24
const OVERSCAN = 8

/** A table of any length: only the rows in view are in the document, the rest is two spacers. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, columns, rows, rowKey, height, minWidth, running } = props
  const area = useRef<HTMLElement>(null)
  const [top, setTop] = useState(0)
  const first = Math.max(0, Math.floor(top / ROW) - OVERSCAN)
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + OVERSCAN)

  const runningAt = running ? rows.findIndex((row) => rowKey(row) === running) : -1
  useEffect(() => {
    const element = area.current
    if (runningAt < 0 || !element) return
    const at = runningAt * ROW
    if (at < element.scrollTop || at > element.scrollTop + height - 3 * ROW) element.scrollTop = at - height / 2
  }, [runningAt, height])

  return (
    <section
      ref={area}
      className="table-area"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      style={{ maxHeight: height }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table style={{ minWidth }} aria-rowcount={rows.length + 1}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" data-align={column.align} aria-sort={column.sorted}>
                {column.head ?? column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <Spacer rows={first} />}
          {rows.slice(first, last).map((row, index) => (
            <Line key={rowKey(row)} table={props} row={row} index={first + index} />
          ))}
          {last < rows.length && <Spacer rows={rows.length - last} />}
        </tbody>
      </table>
    </section>
  )
}

function Line<Row>({ table, row, index }: { table: VirtualTableProps<Row>; row: Row; index: number }) {
  const { columns, rowKey, onSelect, selected, running, dim } = table
  const key = rowKey(row)
  return (
    <tr
      aria-rowindex={index + 2}
      data-selected={key === selected || undefined}
      data-running={key === running || undefined}
      data-dim={dim?.(row) || undefined}
      data-clickable={onSelect ? true : undefined}
      onClick={onSelect && (() => onSelect(row))}
    >
      {columns.map((column) => (
        <td key={column.key} data-align={column.align} className={column.mono ? 'mono' : undefined}>
          {column.render(row)}
        </td>
      ))}
    </tr>
  )
}

const Spacer = ({ rows }: { rows: number }) => <tr className="spacer" style={{ height: rows * ROW }} />

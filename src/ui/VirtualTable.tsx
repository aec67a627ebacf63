import { memo, type ReactNode, useCallback, useRef } from 'react'
import './table.css'
import { useRows } from './use-rows'

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
  readonly count: number
  /** Asked for rows in view alone. One that is the same object as before is not drawn again. */
  readonly rowAt: (index: number) => Row
  readonly rowKey: (row: Row) => string
  /** Pixels of the scrolling area. */
  readonly height: number
  readonly minWidth: number
  readonly onSelect?: (row: Row) => void
  readonly onHover?: (row: Row | null) => void
  readonly selected?: string | null
  readonly hovered?: string | null
  /** Where the selected row is; −1 for none. Chosen in another view, it is brought into this one. */
  readonly selectedAt?: number
  /** The row at work; −1 for none. It is brought into view. */
  readonly running?: number
  readonly dim?: (row: Row) => boolean
}

/** A table of any length: only the rows in view are in the document, the rest is two spacers. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, columns, count, rowAt, rowKey, height, minWidth, onSelect, onHover, selected, hovered, dim } = props
  const { running = -1, selectedAt = -1 } = props
  const { area, onScroll, first, end, above, below } = useRows(count, height, running, selectedAt)
  const latest = useRef({ onSelect, onHover })
  latest.current = { onSelect, onHover }
  const select = useCallback((row: Row) => latest.current.onSelect?.(row), [])
  const hover = useCallback((row: Row | null) => latest.current.onHover?.(row), [])

  const lines: ReactNode[] = []
  for (let index = first; index < end; index++) {
    const row = rowAt(index)
    const key = rowKey(row)
    lines.push(
      <Line
        key={key}
        {...{ columns, row, index }}
        onSelect={onSelect ? select : null}
        onHover={onHover ? hover : null}
        selected={key === selected}
        hovered={key === hovered}
        running={index === running}
        dim={dim?.(row) ?? false}
      />,
    )
  }
  return (
    <section
      ref={area}
      className="table-area"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      style={{ maxHeight: height }}
      onScroll={onScroll}
    >
      <table style={{ minWidth }} aria-rowcount={count + 1}>
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
          {above > 0 && <Spacer height={above} />}
          {lines}
          {below > 0 && <Spacer height={below} />}
        </tbody>
      </table>
    </section>
  )
}

interface LineProps<Row> {
  readonly columns: readonly TableColumn<Row>[]
  readonly row: Row
  readonly index: number
  readonly onSelect: ((row: Row) => void) | null
  readonly onHover: ((row: Row | null) => void) | null
  readonly selected: boolean
  readonly hovered: boolean
  readonly running: boolean
  readonly dim: boolean
}

function PlainLine<Row>({ columns, row, index, onSelect, onHover, selected, hovered, running, dim }: LineProps<Row>) {
  return (
    <tr
      aria-rowindex={index + 2}
      data-selected={selected || undefined}
      data-hovered={hovered || undefined}
      data-running={running || undefined}
      data-dim={dim || undefined}
      data-clickable={onSelect ? true : undefined}
      onClick={onSelect ? () => onSelect(row) : undefined}
      onPointerEnter={onHover ? () => onHover(row) : undefined}
      onPointerLeave={onHover ? () => onHover(null) : undefined}
    >
      {columns.map((column) => (
        <td key={column.key} data-align={column.align} className={column.mono ? 'mono' : undefined}>
          {column.render(row)}
        </td>
      ))}
    </tr>
  )
}

const Line = memo(PlainLine) as typeof PlainLine

const Spacer = ({ height }: { height: number }) => <tr className="spacer" style={{ height }} />

import { type KeyboardEvent, useDeferredValue, useMemo, useState } from 'react'
import type { TensorFacts } from '../file-records'
import { bitsOf } from '../formats/tensor-shares'
import { visible } from '../visible'
import { formatBytes, formatNumber, formatShape } from './format'
import { type TableColumn, VirtualTable } from './VirtualTable'
import './view.css'
import { KIND_WORDS, viewWords } from './words/view'

interface TensorTableProps {
  readonly tensors: readonly TensorFacts[]
  readonly selected: string | null
  readonly onSelect: (name: string) => void
}

type SortKey = 'name' | 'type' | 'kind' | 'shape' | 'bytes' | 'bits'
interface Sorting {
  readonly key: SortKey
  readonly falls: boolean
}

const countOf = ({ shape }: TensorFacts) => shape.reduce((product, size) => product * size, 1)

const VALUES: Readonly<Record<SortKey, (tensor: TensorFacts) => string | number>> = {
  name: ({ name }) => name,
  type: ({ type }) => type,
  kind: ({ kind }) => kind,
  shape: countOf,
  bytes: ({ bytes }) => bytes,
  bits: (tensor) => bitsOf(tensor) ?? -1,
}

/** Names by their numbers: block 2 before block 10. */
const order = new Intl.Collator('en', { numeric: true })

export function sortedTensors(tensors: readonly TensorFacts[], { key, falls }: Sorting): TensorFacts[] {
  const value = VALUES[key]
  const sign = falls ? -1 : 1
  return tensors.toSorted((a, b) => {
    const [left, right] = [value(a), value(b)]
    return sign * (typeof left === 'number' ? left - Number(right) : order.compare(left, String(right)))
  })
}

/** Every tensor of the files, in their order until a column sorts it; a click or Enter looks at one. */
export function TensorTable({ tensors, selected, onSelect }: TensorTableProps) {
  const [query, setQuery] = useState('')
  const [sorting, setSorting] = useState<Sorting | null>(null)
  const wanted = useDeferredValue(query)
  const rows = useMemo(() => {
    const found = tensors.filter((tensor) => matches(tensor, wanted))
    return sorting ? sortedTensors(found, sorting) : found
  }, [tensors, wanted, sorting])
  const focusable = rows.some(({ name }) => name === selected) ? selected : (rows[0]?.name ?? null)
  const columns = useMemo(() => columnsOf(sorting, setSorting, focusable, onSelect), [sorting, focusable, onSelect])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go from row to row of the table inside
    <div className="stack" onKeyDown={walk}>
      <div className="table-tools">
        <input
          type="search"
          placeholder={viewWords.table.find}
          aria-label={viewWords.table.findLabel}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <span className="quiet small" aria-live="polite">
          {viewWords.table.count(rows.length, tensors.length)}
        </span>
      </div>
      <VirtualTable
        label={viewWords.table.label}
        columns={columns}
        count={rows.length}
        rowAt={(index) => rows[index]!}
        rowKey={(tensor) => tensor.name}
        height={220}
        minWidth={640}
        selected={selected}
        onSelect={({ name }) => onSelect(name)}
      />
    </div>
  )
}

/** From the button of one row to that of the next. */
function walk(event: KeyboardEvent) {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key] as
    | 'nextElementSibling'
    | 'previousElementSibling'
    | undefined
  const row = (event.target as Element).closest('tbody tr')
  const next = step && row?.[step]?.querySelector('button')
  if (!next) return
  event.preventDefault()
  next.focus()
}

function columnsOf(
  sorting: Sorting | null,
  setSorting: (sorting: Sorting | null) => void,
  focusable: string | null,
  onSelect: (name: string) => void,
): readonly TableColumn<TensorFacts>[] {
  const column = (
    key: SortKey,
    width: string,
    render: TableColumn<TensorFacts>['render'],
    more: Pick<TableColumn<TensorFacts>, 'mono' | 'align'> = {},
  ): TableColumn<TensorFacts> => {
    const mine = sorting?.key === key ? sorting : null
    const title = viewWords.table[key]
    // what is largest first, names first; then the other way round; then as in the file
    const first = !['name', 'type', 'kind'].includes(key)
    const next = !mine ? { key, falls: first } : mine.falls === first ? { key, falls: !first } : null
    return {
      ...{ key, title, width, render, sorted: mine ? (mine.falls ? 'descending' : 'ascending') : undefined, ...more },
      head: (
        <button type="button" className="plain sorts" onClick={() => setSorting(next)}>
          {title}
          {mine && <span aria-hidden="true"> {mine.falls ? '↓' : '↑'}</span>}
        </button>
      ),
    }
  }
  return [
    column(
      'name',
      '40%',
      ({ name }) => (
        <button
          type="button"
          className="plain"
          tabIndex={name === focusable ? 0 : -1}
          title={visible(name)}
          aria-label={viewWords.table.look(visible(name))}
          onClick={(event) => {
            event.stopPropagation()
            onSelect(name)
          }}
        >
          {visible(name)}
        </button>
      ),
      { mono: true },
    ),
    column('type', '10%', ({ type }) => type, { mono: true }),
    column('kind', '13%', ({ kind }) => KIND_WORDS[kind]),
    column('shape', '15%', ({ shape }) => formatShape(shape), { align: 'right', mono: true }),
    column('bytes', '10%', ({ bytes }) => formatBytes(bytes), { align: 'right' }),
    column('bits', '12%', (tensor) => <Bits tensor={tensor} />, { align: 'right' }),
  ]
}

function Bits({ tensor }: { tensor: TensorFacts }) {
  const bits = bitsOf(tensor)
  if (bits !== null) return formatNumber(bits, 2)
  return tensor.bytes > 0 ? (
    <span className="quiet" title={viewWords.table.belongs}>
      {viewWords.table.beside}
    </span>
  ) : null
}

/** Every word of the query occurs in the name, the type, the kind or the shape. */
function matches(tensor: TensorFacts, query: string): boolean {
  const { name, type, kind, shape } = tensor
  const text = `${name} ${type} ${KIND_WORDS[kind]} ${formatShape(shape)} ${shape.join('x')}`.toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

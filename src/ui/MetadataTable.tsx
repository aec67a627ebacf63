import { useDeferredValue, useMemo, useState } from 'react'
import type { MetadataEntry } from '../file-records'
import { type TableColumn, VirtualTable } from './VirtualTable'
import { viewWords } from './words/view'

type Row = MetadataEntry & { readonly place: number }

const { metadataColumns: words } = viewWords

const COLUMNS: readonly TableColumn<Row>[] = [
  { key: 'key', title: words.key, width: '36%', mono: true, render: ({ key }) => <span title={key}>{key}</span> },
  { key: 'type', title: words.type, width: '18%', render: ({ type }) => <span className="quiet">{type}</span> },
  {
    key: 'value',
    title: words.value,
    width: '46%',
    mono: true,
    render: ({ value }) => <span title={value}>{value}</span>,
  },
]

/** What the files say of themselves; texts of anybody, shown as text. */
export function MetadataTable({ entries }: { entries: readonly MetadataEntry[] }) {
  const [query, setQuery] = useState('')
  const wanted = useDeferredValue(query).toLowerCase()
  const rows = useMemo(
    () =>
      entries
        .map((entry, place) => ({ ...entry, place }))
        .filter(({ key, value }) => `${key} ${value}`.toLowerCase().includes(wanted)),
    [entries, wanted],
  )
  if (entries.length === 0) return <p className="quiet">{viewWords.noMetadata}</p>
  return (
    <div className="stack">
      <div className="table-tools">
        <input
          type="search"
          placeholder={viewWords.findEntries}
          aria-label={viewWords.findEntries}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <span className="quiet small" aria-live="polite">
          {rows.length === entries.length
            ? viewWords.entries(entries.length)
            : viewWords.someEntries(rows.length, entries.length)}
        </span>
      </div>
      <VirtualTable
        label={viewWords.metadata}
        columns={COLUMNS}
        count={rows.length}
        rowAt={(index) => rows[index]!}
        rowKey={({ place }) => String(place)}
        height={264}
        minWidth={560}
      />
    </div>
  )
}

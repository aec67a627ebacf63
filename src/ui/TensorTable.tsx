import { useDeferredValue, useMemo, useState } from 'react'
import type { Inspection } from '../records'
import { visible } from '../visible'
import { formatBytes, formatInteger, formatShape } from './format'
import { type TableColumn, VirtualTable } from './VirtualTable'

type Tensor = Inspection['tensors'][number]

const COLUMNS: readonly TableColumn<Tensor>[] = [
  {
    key: 'name',
    title: 'Tensor',
    width: '52%',
    mono: true,
    render: (tensor) => <span title={visible(tensor.name)}>{visible(tensor.name)}</span>,
  },
  { key: 'dtype', title: 'Dtype', width: '12%', mono: true, render: (tensor) => tensor.dtype },
  {
    key: 'shape',
    title: 'Shape',
    width: '20%',
    align: 'right',
    mono: true,
    render: (tensor) => formatShape(tensor.shape),
  },
  { key: 'bytes', title: 'Size', width: '16%', align: 'right', render: (tensor) => formatBytes(tensor.bytes) },
]

export function TensorTable({ tensors }: { tensors: readonly Tensor[] }) {
  const [query, setQuery] = useState('')
  const wanted = useDeferredValue(query)
  const rows = useMemo(() => tensors.filter((tensor) => matches(tensor, wanted)), [tensors, wanted])
  return (
    <div className="stack">
      <div className="table-tools">
        <input
          type="search"
          placeholder="Find tensors: name, dtype or shape"
          aria-label="Find tensors"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <span className="quiet small" aria-live="polite">
          {rows.length === tensors.length
            ? `${formatInteger(tensors.length)} tensors`
            : `${formatInteger(rows.length)} of ${formatInteger(tensors.length)} tensors`}
        </span>
      </div>
      <VirtualTable
        label="Tensors"
        columns={COLUMNS}
        count={rows.length}
        rowAt={(index) => rows[index]!}
        rowKey={(tensor) => tensor.name}
        height={220}
        minWidth={520}
      />
    </div>
  )
}

/** Every word of the query occurs in the name, the dtype or the shape. */
export function matches(tensor: Tensor, query: string): boolean {
  const text = `${tensor.name} ${tensor.dtype} ${formatShape(tensor.shape)} ${tensor.shape.join('x')}`.toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

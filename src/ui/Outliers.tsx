import { useMemo, useState } from 'react'
import { csvOf } from '../state/documents'
import type { Distributions } from '../workers/api'
import { ChoiceField } from './fields'
import { formatError, formatNumber } from './format'
import { useStudio } from './studio-context'
import { type TableColumn, VirtualTable } from './VirtualTable'
import { DISTRIBUTIONS, OUTLIERS } from './words/distributions'

type Order = keyof typeof OUTLIERS.orders
const ORDERS = (Object.keys(OUTLIERS.orders) as Order[]).map((value) => ({ value, label: OUTLIERS.orders[value] }))

interface OutliersProps {
  readonly found: Distributions
  readonly bits: Float32Array
  /** The chosen column. */
  readonly column: number | null
  readonly onColumn: (column: number) => void
}

/** The columns and the weights that stand out; a column leads to its place in the matrix map. */
export function Outliers({ found, bits, column, onColumn }: OutliersProps) {
  const studio = useStudio()
  const [order, setOrder] = useState<Order>('norm')
  const { columns, extremes, name } = found
  const places = useMemo(() => falling(columns[order]), [columns, order])
  const head = useMemo(() => columnHead(found, bits, onColumn), [found, bits, onColumn])
  const weights = useMemo(() => weightHead(onColumn), [onColumn])
  const rowOf = (j: number) => [j, bits[j]!, columns.norm[j]!, columns.largest[j]!, columns.kurtosis[j]!]
  const saveColumns = () =>
    void studio.saveText(`${studio.baseName()}-${name}-outliers.csv`, [
      csvOf([['column', 'bits', 'norm', 'largest', 'excess_kurtosis'], ...Array.from(places, rowOf)]),
    ])
  const saveWeights = () =>
    void studio.saveText(`${studio.baseName()}-${name}-largest.csv`, [
      csvOf([
        ['row', 'column', 'weight', 'stored'],
        ...extremes.map((one) => [one.row, one.column, one.value, one.stored]),
      ]),
    ])
  return (
    <section className="stack" aria-label={`${OUTLIERS.title}, ${name}`}>
      <div className="map-head">
        <h3>{OUTLIERS.title}</h3>
        <ChoiceField<Order> label={OUTLIERS.order} value={order} choices={ORDERS} onChange={setOrder} />
      </div>
      <div className="distribution-pair">
        <div className="stack">
          <VirtualTable
            label={`${OUTLIERS.columns}, ${name}`}
            columns={head}
            count={places.length}
            rowAt={(index) => places[index]!}
            rowKey={String}
            height={240}
            minWidth={360}
            selected={column === null ? null : String(column)}
            onSelect={onColumn}
          />
          <button
            type="button"
            className="plain"
            aria-label={`${OUTLIERS.columns}, ${DISTRIBUTIONS.csv}`}
            onClick={saveColumns}
          >
            {DISTRIBUTIONS.csv}
          </button>
        </div>
        <div className="stack">
          <VirtualTable
            label={`${OUTLIERS.weights}, ${name}`}
            columns={weights}
            count={extremes.length}
            rowAt={(index) => extremes[index]!}
            rowKey={({ row, column: j }) => `${row} ${j}`}
            height={240}
            minWidth={320}
            onSelect={(one) => onColumn(one.column)}
          />
          <button
            type="button"
            className="plain"
            aria-label={`${OUTLIERS.weights}, ${DISTRIBUTIONS.csv}`}
            onClick={saveWeights}
          >
            {DISTRIBUTIONS.csv}
          </button>
        </div>
      </div>
      <p className="field-help">{OUTLIERS.about}</p>
    </section>
  )
}

/** Columns by falling value, the unknown last. */
function falling(values: Float32Array): number[] {
  const key = values.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value))
  return Array.from(values.keys()).sort((a, b) => key[b]! - key[a]! || a - b)
}

function ColumnLink({ column, onColumn }: { column: number; onColumn: (column: number) => void }) {
  return (
    <button
      type="button"
      className="plain"
      aria-label={OUTLIERS.find(column)}
      onClick={(event) => {
        event.stopPropagation()
        onColumn(column)
      }}
    >
      {column}
    </button>
  )
}

function columnHead(
  { columns }: Distributions,
  bits: Float32Array,
  onColumn: (column: number) => void,
): readonly TableColumn<number>[] {
  const { head } = OUTLIERS
  const number = (key: string, title: string, told: (j: number) => string): TableColumn<number> => ({
    ...{ key, title, width: '20%', align: 'right', render: told },
  })
  return [
    {
      ...{ key: 'column', title: head.column, width: '20%' },
      render: (j) => <ColumnLink column={j} onColumn={onColumn} />,
    },
    number('bits', head.bits, (j) => formatNumber(bits[j] ?? Number.NaN, Number.isInteger(bits[j]) ? 0 : 2)),
    number('norm', head.norm, (j) => formatError(columns.norm[j]!)),
    number('largest', head.largest, (j) => formatError(columns.largest[j]!)),
    number('kurtosis', head.kurtosis, (j) =>
      Number.isNaN(columns.kurtosis[j]!) ? '' : formatNumber(columns.kurtosis[j]!, 2),
    ),
  ]
}

function weightHead(onColumn: (column: number) => void): readonly TableColumn<Distributions['extremes'][number]>[] {
  const { head, value, stored } = OUTLIERS
  return [
    { ...{ key: 'row', title: head.row, width: '20%', align: 'right' }, render: ({ row }) => row },
    {
      ...{ key: 'column', title: head.column, width: '22%' },
      render: ({ column }) => <ColumnLink column={column} onColumn={onColumn} />,
    },
    { ...{ key: 'value', title: value, width: '29%', align: 'right' }, render: (one) => formatError(one.value) },
    { ...{ key: 'stored', title: stored, width: '29%', align: 'right' }, render: (one) => formatError(one.stored) },
  ]
}

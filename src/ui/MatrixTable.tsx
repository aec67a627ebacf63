import type { Span } from '../pipeline/matrix/bins'
import type { Quantity } from '../pipeline/matrix/sources'
import type { ModuleRecord } from '../records'
import { laneOf, lanesOf } from '../state/lanes'
import type { MatrixChoices } from '../state/matrix-choices'
import type { MatrixCells } from '../workers/matrix-api'
import { formatError, formatInteger } from './format'
import { cellValue, type ShownCells } from './maps/matrix-cells'
import { countOf } from './use-matrix-view'
import { VirtualTable } from './VirtualTable'
import { CELL_WORDS, LANE_TITLES, QUANTITY_TITLES, WORDS } from './words/matrix'

interface MatrixTableProps {
  readonly module: ModuleRecord
  /** Column at every place. */
  readonly places: Uint32Array
  readonly inView: { readonly rows: Span; readonly columns: Span }
  readonly cells: ShownCells | null
  readonly choices: MatrixChoices
}

/** Weights that a table lists. */
const MOST_WEIGHTS = 1024

/** The same as the map in numbers: the columns in view, and their weights once they are few. */
export function MatrixTable({ module, places, inView, cells, choices }: MatrixTableProps) {
  const { columns } = module
  const shown = places.subarray(inView.columns.start, inView.columns.end)
  const lanes = lanesOf(columns).map((lane) => ({ lane, values: laneOf(columns, lane)! }))
  const few = countOf(inView.rows) * countOf(inView.columns) <= MOST_WEIGHTS
  return (
    <div className="matrix-tables">
      <VirtualTable
        label={WORDS.columnsTable(shown.length)}
        count={shown.length}
        rowAt={(index) => shown[index]!}
        rowKey={String}
        height={240}
        minWidth={120 + 100 * (lanes.length + 1)}
        columns={[
          { key: 'column', title: WORDS.column, width: '100px', align: 'right', render: (column: number) => column },
          {
            key: 'bits',
            title: QUANTITY_TITLES.bits,
            width: '80px',
            align: 'right',
            render: (column) => Number(columns.bits[column]!.toFixed(3)),
          },
          ...lanes.map(({ lane, values }) => ({
            ...{ key: lane, title: LANE_TITLES[lane], width: '100px', align: 'right' as const },
            render: (column: number) => formatError(values[column]!),
          })),
        ]}
      />
      {few && cells ? (
        <Weights cells={cells.cells} choices={choices} />
      ) : (
        <p className="quiet">{WORDS.zoomForWeights(MOST_WEIGHTS)}</p>
      )}
    </div>
  )
}

const formatCell = (quantity: Quantity, value: number | null): string =>
  value === null || !(quantity === 'bits' || quantity === 'sign')
    ? formatError(value ?? Number.NaN)
    : formatInteger(value)

/** A row of the table for every row of the matrix in view; a cell has every quantity that is shown. */
function Weights({ cells, choices }: { cells: MatrixCells; choices: MatrixChoices }) {
  const quantities = choices.quantities.filter((quantity) => quantity !== 'code')
  const text = (at: number) =>
    [
      ...quantities.map((quantity) => formatCell(quantity, cellValue(cells, quantity, at))),
      CELL_WORDS.code(cells.code[at]!),
    ].join('; ')
  const label = WORDS.weightsTable(cells.rows.length, cells.columns.length)
  return (
    <section
      className="table-area"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="weights-table">
        <caption className="quiet">
          {label}: {[...quantities.map((quantity) => QUANTITY_TITLES[quantity]), WORDS.code].join('; ')}
        </caption>
        <thead>
          <tr>
            <th scope="col">{WORDS.row}</th>
            {Array.from(cells.columns, (column) => (
              <th key={column} scope="col" data-align="right">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from(cells.rows, (row, r) => (
            <tr key={row}>
              <th scope="row">{row}</th>
              {Array.from(cells.columns, (column, c) => (
                <td key={column} data-align="right" className="mono">
                  {text(r * cells.columns.length + c)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

import type { Spread } from '../../state/store'
import type { MapGrid } from './map-grid'
import type { MapView } from './measure'

interface Named {
  readonly name: string
}

/** What is known of a cell: of one module, or of those of many experts. */
export interface CellTally<M> {
  /** Modules that are finished, and those of them that have a value. */
  finished: number
  valued: number
  sum: number
  least: Valued<M> | null
  most: Valued<M> | null
  /** The last that finished, valued or not. */
  last: M | null
}

interface Valued<M> {
  readonly value: number
  readonly module: M
}

/** The values of a view in the cells of a grid. Modules are added as they finish, none is looked at again. */
export interface MapTally<M> {
  readonly grid: MapGrid
  readonly view: MapView<M>
  readonly cells: readonly CellTally<M>[]
  /** Σ of all values. */
  total: number
  added: number
  lastAdded: M | null
}

/** The tally of these modules: `before`, with what has come since, where that is their beginning; else a new one. */
export function tallyOf<M extends Named>(
  before: MapTally<M> | null,
  grid: MapGrid,
  view: MapView<M>,
  modules: readonly M[],
): MapTally<M> {
  const goesOn =
    before?.grid === grid &&
    before.view === view &&
    before.added <= modules.length &&
    (before.added === 0 || modules[before.added - 1] === before.lastAdded)
  const tally = goesOn ? before : emptyTally(grid, view)
  for (let at = tally.added; at < modules.length; at++) add(tally, modules[at]!)
  return tally
}

const emptyTally = <M>(grid: MapGrid, view: MapView<M>): MapTally<M> => ({
  ...{ grid, view, total: 0, added: 0, lastAdded: null },
  cells: grid.names.map(() => ({ finished: 0, valued: 0, sum: 0, least: null, most: null, last: null })),
})

function add<M extends Named>(tally: MapTally<M>, module: M): void {
  tally.added++
  tally.lastAdded = module
  const cell = tally.cells[tally.grid.cells.get(module.name) ?? -1]
  const value = tally.view.value(module)
  // of all modules, so that an expert's part is that of the model in the map of its layer, too
  if (value !== null) tally.total += value
  if (!cell) return
  cell.finished++
  cell.last = module
  if (value === null) return
  cell.valued++
  cell.sum += value
  if (!cell.least || value < cell.least.value) cell.least = { value, module }
  if (!cell.most || value > cell.most.value) cell.most = { value, module }
}

/** What a cell shows; null where nothing is known. */
export function shownValue<M>(tally: MapTally<M>, cell: CellTally<M>, spread: Spread): number | null {
  if (!cell.least || !cell.most) return null
  const value = spread === 'mean' ? cell.sum / cell.valued : spread === 'largest' ? cell.most.value : cell.least.value
  return tally.view.part ? value / (tally.total || 1) : value
}

export const shownValues = <M>(tally: MapTally<M>, spread: Spread): number[] =>
  tally.cells.map((cell) => shownValue(tally, cell, spread)).filter((value) => value !== null)

/** The module that a cell stands for. */
export const moduleOf = <M>(cell: CellTally<M>, spread: Spread): M | null =>
  (spread === 'smallest' ? cell.least?.module : cell.most?.module) ?? cell.last

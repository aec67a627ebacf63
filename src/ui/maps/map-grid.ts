import { expertOf, kindOfRole } from '../../state/experts'
import { gridAxes, type ModuleLike } from '../../state/modules'

/** Places of modules in rows and columns: kinds by layers, or, within one layer, parts by experts. */
export interface MapGrid {
  readonly axis: 'layer' | 'expert'
  readonly rows: readonly string[]
  readonly columns: readonly number[]
  /** Of every cell, row after row, the names that belong there: none, one, or those of all experts. */
  readonly names: readonly (readonly string[])[]
  /** Cell by name. */
  readonly cells: ReadonlyMap<string, number>
}

export interface Place {
  readonly row: number
  readonly column: number
}

/** Rows are kinds, columns are decoder blocks; the experts of a block share a cell. */
export function modelGrid(modules: readonly ModuleLike[]): MapGrid {
  const { roles, layers } = gridAxes(modules)
  const rows = [...new Set(roles.map(kindOfRole))]
  return gridOf('layer', rows, layers, modules, ({ role, layer }) => [kindOfRole(role), layer])
}

/** The experts of one layer, each by itself; null where it has none. */
export function expertGrid(modules: readonly ModuleLike[], layer: number): MapGrid | null {
  const own = modules.flatMap((module) => {
    const place = module.layer === layer ? expertOf(module.role) : null
    return place ? [{ ...module, ...place }] : []
  })
  if (own.length === 0) return null
  const rows = [...new Set(own.map(({ part }) => part))]
  const columns = [...new Set(own.map(({ expert }) => expert))].sort((a, b) => a - b)
  return gridOf('expert', rows, columns, own, ({ part, expert }) => [part, expert])
}

function gridOf<M extends ModuleLike>(
  axis: MapGrid['axis'],
  rows: readonly string[],
  columns: readonly number[],
  modules: readonly M[],
  placed: (module: M) => readonly [string, number],
): MapGrid {
  const rowOf = new Map(rows.map((row, at) => [row, at]))
  const columnOf = new Map(columns.map((column, at) => [column, at]))
  const names = Array.from({ length: rows.length * columns.length }, (): string[] => [])
  const cells = new Map<string, number>()
  for (const module of modules) {
    if (cells.has(module.name)) continue
    const [row, column] = placed(module)
    const cell = rowOf.get(row)! * columns.length + columnOf.get(column)!
    names[cell]!.push(module.name)
    cells.set(module.name, cell)
  }
  return { axis, rows, columns, names, cells }
}

export const cellOf = ({ columns }: MapGrid, { row, column }: Place): number => row * columns.length + column

export function placeOf({ cells, columns }: MapGrid, name: string | null): Place | null {
  const cell = name === null ? undefined : cells.get(name)
  return cell === undefined ? null : { row: Math.floor(cell / columns.length), column: cell % columns.length }
}

/** Columns that Shift and an arrow key move by. */
const FAR = 8

/** Where a key leads inside the grid; null for keys that do not move. */
export function step(
  { row, column }: Place,
  { key, shiftKey, ctrlKey }: { readonly key: string; readonly shiftKey: boolean; readonly ctrlKey: boolean },
  { rows, columns }: Pick<MapGrid, 'rows' | 'columns'>,
): Place | null {
  const [lastRow, lastColumn] = [rows.length - 1, columns.length - 1]
  const at = (toRow: number, toColumn: number): Place => ({
    row: Math.min(lastRow, Math.max(0, toRow)),
    column: Math.min(lastColumn, Math.max(0, toColumn)),
  })
  const far = shiftKey ? FAR : 1
  const moves: Readonly<Record<string, () => Place>> = {
    ArrowLeft: () => at(row, column - far),
    ArrowRight: () => at(row, column + far),
    ArrowUp: () => at(row - 1, column),
    ArrowDown: () => at(row + 1, column),
    Home: () => at(ctrlKey ? 0 : row, 0),
    End: () => at(ctrlKey ? lastRow : row, lastColumn),
    PageUp: () => at(0, column),
    PageDown: () => at(lastRow, column),
  }
  return moves[key]?.() ?? null
}

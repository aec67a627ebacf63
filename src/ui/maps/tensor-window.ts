import type { MatrixWindow, TensorPicture } from '../../file-records'
import type { Cell } from './tensor-map'

/** Rows and columns that a zoom shows at least. */
const CLOSEST = 8

type Shown = Pick<TensorPicture, 'rows' | 'columns' | 'window' | 'across' | 'down'>

/** The rows and columns of the cells between two corners, both included. */
export function windowBetween({ window, across, down }: Shown, a: Cell, b: Cell): MatrixWindow {
  const cut = (one: number, other: number, cells: number, first: number, count: number): [number, number] => {
    const from = Math.floor((Math.min(one, other) * count) / cells)
    const to = Math.floor(((Math.max(one, other) + 1) * count) / cells)
    return [first + from, Math.max(1, to - from)]
  }
  const [row, rows] = cut(a.y, b.y, down, window.row, window.rows)
  const [column, columns] = cut(a.x, b.x, across, window.column, window.columns)
  return { row, rows, column, columns }
}

/** A window of `factor` times the rows and columns around a cell, or the middle; null for the whole tensor. */
export function zoomed(shown: Shown, factor: number, at: Cell | null): MatrixWindow | null {
  const { window, across, down, rows, columns } = shown
  const line = (first: number, count: number, share: number, all: number): [number, number] => {
    const wanted = Math.min(all, Math.max(Math.min(CLOSEST, all), Math.round(count * factor)))
    const start = Math.round(first + share * (count - wanted))
    return [Math.min(Math.max(0, start), all - wanted), wanted]
  }
  const share = (cell: number | undefined, cells: number) => (cell === undefined ? 0.5 : (cell + 0.5) / cells)
  const [row, high] = line(window.row, window.rows, share(at?.y, down), rows)
  const [column, wide] = line(window.column, window.columns, share(at?.x, across), columns)
  return high === rows && wide === columns ? null : { row, rows: high, column, columns: wide }
}

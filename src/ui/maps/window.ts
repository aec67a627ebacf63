import type { ColumnWindow } from './matrix-map'

/** Fewest columns a zoom shows. */
const CLOSEST = 16

/** A window of `factor` times the columns with `around` kept in place, inside the matrix. */
export function zoom(window: ColumnWindow, factor: number, around: number, total: number): ColumnWindow {
  const columns = window.end - window.start
  const wanted = Math.min(total, Math.max(Math.min(CLOSEST, total), Math.round(columns * factor)))
  const share = (around - window.start) / columns
  return shifted(Math.round(around - share * wanted), wanted, total)
}

/** The least move that brings a column into view. */
export function reveal(window: ColumnWindow, column: number, total: number): ColumnWindow {
  const columns = window.end - window.start
  if (column < window.start) return shifted(column, columns, total)
  if (column >= window.end) return shifted(column - columns + 1, columns, total)
  return window
}

function shifted(start: number, columns: number, total: number): ColumnWindow {
  const first = Math.min(Math.max(0, start), total - columns)
  return { start: first, end: first + columns }
}

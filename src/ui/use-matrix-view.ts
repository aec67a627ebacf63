import { type KeyboardEvent, useCallback, useMemo, useState } from 'react'
import type { Span } from '../pipeline/matrix/bins'
import { centred, pan, reveal, zoom } from './maps/window'

/** The part of a matrix that is shown, in places of its columns and rows. */
export interface MatrixWindow {
  readonly columns: Span
  readonly rows: Span
}

interface Size {
  readonly columns: number
  readonly rows: number
}

/** A place to keep where it is, by axis: the middle where it is not given, and nothing moves where it is null. */
interface Around {
  readonly column?: number | null | undefined
  readonly row?: number | null | undefined
}

export interface MatrixCursor {
  readonly column: number
  readonly row: number | null
}

interface Keys {
  readonly cursor: MatrixCursor | null
  /** There are strips, so that there are rows to walk. */
  readonly lines: boolean
  readonly onCursor: (cursor: MatrixCursor | null) => void
  readonly onChoose: (place: number) => void
}

/** Pixels of the largest cell: room for a weight and its code. */
const CELL = { width: 64, height: 34 }
/** Places that Shift and an arrow key move by. */
const FAR = 32

/** The places that a span touches, whole ones. */
export const placesIn = ({ start, end }: Span, total: number): Span => ({
  start: Math.max(0, Math.floor(start + 1e-6)),
  end: Math.min(total, Math.ceil(end - 1e-6)),
})

/** What is shown of a matrix, and the ways to move in it; `size` is that of the picture in pixels. */
export function useMatrixView(total: Size, size: { readonly width: number; readonly height: number }) {
  const everything = useMemo<MatrixWindow>(
    () => ({ columns: { start: 0, end: total.columns }, rows: { start: 0, end: total.rows } }),
    [total.columns, total.rows],
  )
  const [view, setView] = useState(everything)
  const least = {
    columns: Math.max(4, size.width / CELL.width),
    rows: size.height > 0 ? Math.max(2, size.height / CELL.height) : total.rows,
  }
  const wholeColumns = countOf(view.columns) >= total.columns
  const whole = wholeColumns && countOf(view.rows) >= total.rows

  const step = (now: MatrixWindow, factor: number, { column, row }: Around): MatrixWindow => ({
    columns:
      column === null
        ? now.columns
        : zoom(now.columns, factor, column ?? middle(now.columns), total.columns, least.columns),
    rows: row === null ? now.rows : zoom(now.rows, factor, row ?? middle(now.rows), total.rows, least.rows),
  })
  const show = useCallback(
    ({ column, row }: { readonly column: number; readonly row: number | null }) =>
      setView((now) => ({
        columns: reveal(now.columns, column, total.columns),
        rows: row === null ? now.rows : reveal(now.rows, row, total.rows),
      })),
    [total.columns, total.rows],
  )
  const move = {
    view,
    whole,
    all: () => setView(everything),
    reveal: show,
    /** False where it shows no more and no fewer places than before. */
    zoom: (factor: number, around: Around): boolean => {
      const next = step(view, factor, around)
      // hands are faster than drawing: each turn of a wheel goes on from the one before
      setView((now) => step(now, factor, around))
      return countOf(next.columns) !== countOf(view.columns) || countOf(next.rows) !== countOf(view.rows)
    },
    /** By parts of the picture. */
    pan: (across: number, down: number) =>
      setView((now) => ({
        columns: pan(now.columns, -across * countOf(now.columns), total.columns),
        rows: pan(now.rows, -down * countOf(now.rows), total.rows),
      })),
    /** Everything between two places; all rows as they are shown where one of them has none. */
    pick: ([a, b]: readonly [MatrixCursor, MatrixCursor]) =>
      setView((now) => ({
        columns: between(a.column, b.column, total.columns, least.columns),
        rows: a.row === null || b.row === null ? now.rows : between(a.row, b.row, total.rows, least.rows),
      })),
    /** Single weights around a place. */
    closest: ({ column, row }: MatrixCursor) =>
      setView((now) => ({
        columns: centred(column, least.columns, total.columns),
        rows: row === null ? now.rows : centred(row, least.rows, total.rows),
      })),
  }
  const keys =
    ({ cursor, lines, onCursor, onChoose }: Keys) =>
    (event: KeyboardEvent) => {
      const at = cursor ?? { column: Math.ceil(view.columns.start), row: null }
      const row = at.row ?? (lines ? Math.ceil(view.rows.start) : null)
      const reach = event.shiftKey ? FAR : 1
      const go = (column: number, to: number | null) => {
        const place = {
          column: Math.min(total.columns - 1, Math.max(0, column)),
          row: to === null ? null : Math.min(total.rows - 1, Math.max(0, to)),
        }
        onCursor(place)
        show(place)
      }
      const down = (rows: number) => row !== null && go(at.column, at.row === null ? row : row + rows)
      const page = Math.max(1, Math.floor(countOf(view.rows) / 2))
      const action = new Map<string, () => void>([
        ['ArrowLeft', () => go(at.column - reach, at.row)],
        ['ArrowRight', () => go(at.column + reach, at.row)],
        ['ArrowUp', () => down(-reach)],
        ['ArrowDown', () => down(reach)],
        ['PageUp', () => down(-page)],
        ['PageDown', () => down(page)],
        ['Home', () => go(0, event.ctrlKey ? 0 : at.row)],
        ['End', () => go(total.columns - 1, event.ctrlKey ? total.rows - 1 : at.row)],
        ['+', () => move.zoom(0.5, cursor ?? {})],
        ['=', () => move.zoom(0.5, cursor ?? {})],
        ['-', () => move.zoom(2, cursor ?? {})],
        ['0', move.all],
        [
          'Enter',
          () => {
            onChoose(at.column)
            move.closest({ column: at.column, row })
          },
        ],
        ['Escape', () => onCursor(null)],
      ]).get(event.key)
      if (!action || event.altKey || event.metaKey) return
      action()
      event.preventDefault()
    }
  return { ...move, keys }
}

export const countOf = ({ start, end }: Span): number => end - start

const middle = ({ start, end }: Span): number => (start + end) / 2

const between = (a: number, b: number, total: number, least: number): Span =>
  zoom({ start: Math.min(a, b), end: Math.max(a, b) + 1 }, 1, (a + b + 1) / 2, total, least)

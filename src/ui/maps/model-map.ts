import type { Spread } from '../../state/store'
import { MODEL_MAP } from '../words/model-map'
import type { MapTheme } from './colour'
import { cellOf, type MapGrid, type Place } from './map-grid'
import { type MapTally, shownValue } from './map-tally'
import type { Scale } from './scale'

export interface GridLayout {
  readonly left: number
  readonly top: number
  readonly cellWidth: number
  readonly cellHeight: number
  readonly width: number
  readonly height: number
  /** Of the names of rows and columns, pixels. */
  readonly letters: number
}

const LABELS = 78
/** Width of a letter as a part of its size. */
const LETTER = 0.57
const AXIS = 20
const CELL_HEIGHT = 24
/** Of the many rows of a model of many kinds. */
const LOW_CELL_HEIGHT = 16
const MANY_ROWS = 14
const WIDEST_CELL = 240
/** Room for the frame around a cell of the first row. */
const TOP = 2
/** Pixels across from which there is room for larger names. */
const ROOMY = 1800

export function layoutGrid({ rows, columns }: MapGrid, width: number): GridLayout {
  const letters = width >= ROOMY ? 13 : 11.5
  const left = Math.max(LABELS, ...rows.map((row) => LETTER * letters * (row.length + 2)))
  const cellWidth = Math.min(WIDEST_CELL, Math.max(1, width - left) / Math.max(1, columns.length))
  const cellHeight = rows.length > MANY_ROWS ? LOW_CELL_HEIGHT : CELL_HEIGHT
  return {
    ...{ left, top: TOP, cellWidth, cellHeight, letters, width: left + cellWidth * columns.length },
    height: TOP + rows.length * cellHeight + AXIS,
  }
}

export function placeAt({ rows, columns }: MapGrid, layout: GridLayout, x: number, y: number): Place | null {
  const column = Math.floor((x - layout.left) / layout.cellWidth)
  const row = Math.floor((y - layout.top) / layout.cellHeight)
  return column >= 0 && column < columns.length && row >= 0 && row < rows.length ? { row, column } : null
}

export interface GridMarks {
  readonly selected: Place | null
  readonly cursor: Place | null
  readonly running: Place | null
}

export const NO_MARKS: GridMarks = { selected: null, cursor: null, running: null }

/** Pixels from cell to cell that a number in it needs. */
const ROOM_FOR_TEXT = 46

export function drawModelMap<M>(
  ctx: CanvasRenderingContext2D,
  tally: MapTally<M>,
  spread: Spread,
  layout: GridLayout,
  scale: Scale,
  marks: GridMarks,
  theme: MapTheme,
): void {
  const { grid, view } = tally
  const ramp = view.ramp ?? theme.signed
  drawAxes(ctx, grid, layout, theme)
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  for (const row of grid.rows.keys())
    for (const column of grid.columns.keys()) {
      const cell = cellOf(grid, { row, column })
      const [x, y, w, h] = boxOf(layout, { row, column })
      if (tally.cells[cell]!.finished === 0) {
        ctx.strokeStyle = theme.line
        ctx.lineWidth = 1
        if (grid.names[cell]!.length > 0) ctx.strokeRect(x + 0.5, y + 0.5, Math.max(1, w - 1), h - 1)
        continue
      }
      const value = shownValue(tally, tally.cells[cell]!, spread)
      const t = value === null ? 0 : scale.at(value)
      ctx.fillStyle = value === null ? theme.line : ramp.css(t)
      ctx.fillRect(x, y, w, h)
      if (layout.cellWidth < ROOM_FOR_TEXT) continue
      ctx.fillStyle = value === null ? theme.muted : ramp.ink(t)
      ctx.fillText(value === null ? MODEL_MAP.noValue : view.format(value), x + w / 2, y + h / 2 + 0.5)
    }
  mark(ctx, layout, marks.running, theme.accent, [3, 2])
  mark(ctx, layout, marks.selected, theme.ink, [])
  mark(ctx, layout, marks.cursor, theme.accent, [])
}

/** Inner box of a cell with its gap taken off, on whole pixels. */
function boxOf(layout: GridLayout, { row, column }: Place): [number, number, number, number] {
  const x = Math.round(layout.left + column * layout.cellWidth)
  const next = Math.round(layout.left + (column + 1) * layout.cellWidth)
  const gap = layout.cellWidth > 6 ? 2 : 0
  return [x, layout.top + row * layout.cellHeight, Math.max(1, next - x - gap), layout.cellHeight - 2]
}

function drawAxes(ctx: CanvasRenderingContext2D, grid: MapGrid, layout: GridLayout, theme: MapTheme): void {
  const { left, top, cellWidth, cellHeight, letters } = layout
  ctx.fillStyle = theme.muted
  ctx.font = `${letters}px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'right'
  for (const [row, name] of grid.rows.entries()) ctx.fillText(name, left - 10, top + (row + 0.5) * cellHeight)
  const below = top + grid.rows.length * cellHeight + AXIS / 2
  ctx.fillText(MODEL_MAP.axis[grid.axis], left - 10, below)
  ctx.textAlign = 'center'
  const every = Math.max(1, Math.ceil((2 * letters) / cellWidth))
  for (const [column, number] of grid.columns.entries())
    if (column % every === 0) ctx.fillText(String(number), left + (column + 0.5) * cellWidth, below)
}

function mark(
  ctx: CanvasRenderingContext2D,
  layout: GridLayout,
  place: Place | null,
  colour: string,
  dash: number[],
): void {
  if (!place) return
  const [x, y, w, h] = boxOf(layout, place)
  ctx.strokeStyle = colour
  ctx.lineWidth = 2
  ctx.setLineDash(dash)
  ctx.strokeRect(x - 1, y - 1, w + 2, h + 2)
  ctx.setLineDash([])
}

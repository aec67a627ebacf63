import { gridAxes, type ModuleLike, type PlannedModule } from '../../state/modules'
import type { MappedModule } from '../../state/runs'
import type { MapTheme } from './colour'
import type { MapView } from './measure'
import type { Scale } from './scale'

/** The layer × module grid: rows are roles, columns are decoder blocks. */
export interface ModelGrid<M = MappedModule> {
  readonly roles: readonly string[]
  readonly layers: readonly number[]
  readonly cells: readonly (readonly GridCell<M>[])[]
}

export interface GridCell<M = MappedModule> {
  readonly name: string | null
  readonly module: M | null
}

export function modelGrid<M extends ModuleLike>(plan: readonly PlannedModule[], modules: readonly M[]): ModelGrid<M> {
  const { roles, layers } = gridAxes([...plan, ...modules])
  const key = (role: string, layer: number) => `${layer}/${role}`
  const names = new Map(plan.map((module) => [key(module.role, module.layer), module.name]))
  const done = new Map(modules.map((module) => [key(module.role, module.layer), module]))
  const cells = roles.map((role) =>
    layers.map((layer) => {
      const module = done.get(key(role, layer)) ?? null
      return { module, name: module?.name ?? names.get(key(role, layer)) ?? null }
    }),
  )
  return { roles, layers, cells }
}

export const cellAt = <M>(grid: ModelGrid<M>, place: Place): GridCell<M> | null =>
  grid.cells[place.row]?.[place.column] ?? null

export function placeOf(grid: ModelGrid<unknown>, name: string | null): Place | null {
  for (const [row, cells] of grid.cells.entries()) {
    const column = cells.findIndex((cell) => cell.name === name)
    if (name && column >= 0) return { row, column }
  }
  return null
}

export interface Place {
  readonly row: number
  readonly column: number
}

export interface GridLayout {
  readonly left: number
  readonly top: number
  readonly cellWidth: number
  readonly cellHeight: number
  readonly width: number
  readonly height: number
}

const LABELS = 78
/** Of a character in a label. */
const LETTER = 6.5
const AXIS = 20
const CELL_HEIGHT = 24
/** Of the many rows that experts make. */
const LOW_CELL_HEIGHT = 14
const MANY_ROWS = 24
const WIDEST_CELL = 240
/** Room for the frame around a cell of the first row. */
const TOP = 2

export function layoutGrid(grid: ModelGrid<unknown>, width: number): GridLayout {
  const left = Math.max(LABELS, ...grid.roles.map((role) => LETTER * (role.length + 2)))
  const cellWidth = Math.min(WIDEST_CELL, (width - left) / Math.max(1, grid.layers.length))
  const cellHeight = grid.roles.length > MANY_ROWS ? LOW_CELL_HEIGHT : CELL_HEIGHT
  return {
    left,
    top: TOP,
    cellWidth,
    cellHeight,
    width: left + cellWidth * grid.layers.length,
    height: TOP + grid.roles.length * cellHeight + AXIS,
  }
}

export function placeAt(grid: ModelGrid<unknown>, layout: GridLayout, x: number, y: number): Place | null {
  const column = Math.floor((x - layout.left) / layout.cellWidth)
  const row = Math.floor((y - layout.top) / layout.cellHeight)
  return grid.cells[row]?.[column] ? { row, column } : null
}

export interface GridMarks {
  readonly selected: Place | null
  readonly cursor: Place | null
  readonly running: Place | null
}

export function drawModelMap<M>(
  ctx: CanvasRenderingContext2D,
  grid: ModelGrid<M>,
  layout: GridLayout,
  view: MapView<M>,
  scale: Scale,
  marks: GridMarks,
  theme: MapTheme,
): void {
  const ramp = view.ramp ?? theme.signed
  drawAxes(ctx, grid, layout, theme)
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  for (const [row, cells] of grid.cells.entries())
    for (const [column, cell] of cells.entries()) {
      const [x, y, w, h] = boxOf(layout, { row, column })
      const value = cell.module && view.value(cell.module)
      if (!cell.module) {
        ctx.strokeStyle = theme.line
        ctx.lineWidth = 1
        if (cell.name) ctx.strokeRect(x + 0.5, y + 0.5, Math.max(1, w - 1), h - 1)
        continue
      }
      const t = value === null ? 0 : scale.at(value)
      ctx.fillStyle = value === null ? theme.line : ramp.css(t)
      ctx.fillRect(x, y, w, h)
      if (w < 40) continue
      ctx.fillStyle = value === null ? theme.muted : ramp.ink(t)
      ctx.fillText(value === null ? 'none' : view.format(value), x + w / 2, y + h / 2 + 0.5)
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

function drawAxes(ctx: CanvasRenderingContext2D, grid: ModelGrid<unknown>, layout: GridLayout, theme: MapTheme): void {
  ctx.fillStyle = theme.muted
  ctx.font = `11.5px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'right'
  for (const [row, role] of grid.roles.entries())
    ctx.fillText(role, layout.left - 10, layout.top + (row + 0.5) * layout.cellHeight)
  ctx.fillText('layer', layout.left - 10, layout.top + grid.roles.length * layout.cellHeight + AXIS / 2)
  ctx.textAlign = 'center'
  const every = Math.max(1, Math.ceil(22 / layout.cellWidth))
  const below = layout.top + grid.roles.length * layout.cellHeight + AXIS / 2
  for (const [column, layer] of grid.layers.entries())
    if (column % every === 0) ctx.fillText(String(layer), layout.left + (column + 0.5) * layout.cellWidth, below)
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

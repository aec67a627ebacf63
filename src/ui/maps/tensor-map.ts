import type { TensorLane, TensorPicture } from '../../file-records'
import { formatError, formatInteger, formatSetting, minus } from '../format'
import { LANE_WORDS, tensorWords } from '../words/view'
import { type MapTheme, type Ramp, viridis } from './colour'
import { drawLegend, LEGEND_HEIGHT, LEGEND_WIDTH } from './legend'
import { linearScale, niceTicks, type Scale } from './scale'

export interface TensorLayout {
  readonly left: number
  readonly top: number
  /** Of the cells together. */
  readonly width: number
  readonly height: number
  /** Of the drawing with axes and legend. */
  readonly whole: number
}

const LEFT = 64
const RIGHT = 8
const TOP = 4
const AXIS = 20
const LEGEND_GAP = 8
/** Pixels a side: of one weight, at most, and of a cell of many. */
const LARGEST_CELL = 14
const CELL = 3
const MOST_HEIGHT = 330
const STRIP = 28

/** Cells that there is room for, `width` pixels wide. */
export const cellsFor = (width: number): { across: number; down: number } => ({
  across: Math.max(1, Math.floor((width - LEFT - RIGHT) / CELL)),
  down: Math.floor(MOST_HEIGHT / CELL),
})

export function layoutTensor({ across, down }: Pick<TensorPicture, 'across' | 'down'>, width: number): TensorLayout {
  const room = Math.max(1, width - LEFT - RIGHT)
  const plot = Math.min(room, across * LARGEST_CELL)
  const cell = plot / across
  const height = down === 1 ? STRIP : Math.min(MOST_HEIGHT, Math.max(STRIP, Math.round(down * Math.max(CELL, cell))))
  return {
    ...{ left: LEFT, top: TOP, width: plot, height },
    whole: TOP + height + AXIS + LEGEND_GAP + LEGEND_HEIGHT,
  }
}

export interface Cell {
  readonly x: number
  readonly y: number
}

export function tensorCellAt(
  { left, top, width, height }: TensorLayout,
  { across, down }: Pick<TensorPicture, 'across' | 'down'>,
  x: number,
  y: number,
): Cell | null {
  const [column, row] = [Math.floor(((x - left) / width) * across), Math.floor(((y - top) / height) * down)]
  return column >= 0 && column < across && row >= 0 && row < down ? { x: column, y: row } : null
}

/** First and last index of a cell's rows or columns, both included. */
const edges = (cell: number, cells: number, first: number, count: number): [number, number] => [
  first + Math.floor((cell * count) / cells),
  first + Math.floor(((cell + 1) * count) / cells) - 1,
]

/** "Rows 0 to 15, columns 32 to 63: 0.123, the weight furthest from zero". */
export function cellText({ window, across, down, cells, lane }: TensorPicture, { x, y }: Cell): string {
  const rows = edges(y, down, window.row, window.rows)
  const columns = edges(x, across, window.column, window.columns)
  const value = cells[y * across + x]!
  const place = `${tensorWords.rows(...rows)}, ${tensorWords.columns(...columns)}`
  if (Number.isNaN(value)) return `${place}: ${tensorWords.nothingFinite}`
  const isOne = rows[0] === rows[1] && columns[0] === columns[1]
  const exact = lane === 'entry' || (isOne && FEW.has(lane))
  return `${place}: ${exact ? formatExact(value) : formatError(value)}${isOne ? '' : `, ${LANE_WORDS[lane].cell}`}`
}

/** Lanes of few values, none of them an outlier. */
const FEW: ReadonlySet<TensorLane> = new Set(['code', 'level', 'entry', 'sign', 'shift'])

const formatExact = (value: number) => (Number.isInteger(value) ? formatInteger(value) : minus(String(value)))

/** The part of cells whose colours are told apart: beyond it outliers share the last one. */
const SHOWN = 0.995

export interface TensorColours {
  readonly ramp: Ramp | null
  readonly scale: Scale
  /** The largest magnitude, where colours end before it. */
  readonly beyond: number | null
}

/** Signed colours around zero where there are negative values, else from zero up; codes to the last of them. */
export function coloursOf({ cells, lane }: Pick<TensorPicture, 'cells' | 'lane'>): TensorColours {
  const sizes = cells.filter((value) => !Number.isNaN(value)).map(Math.abs)
  sizes.sort()
  const most = sizes.at(-1) ?? 0
  const shown = FEW.has(lane) ? most : (sizes[Math.ceil(SHOWN * sizes.length) - 1] ?? 0)
  const reach = Number((shown || most || 1).toPrecision(2))
  const beyond = most > 1.05 * reach ? most : null
  if (cells.some((value) => value < 0))
    return { ramp: null, scale: linearScale(-reach, reach, [-reach, 0, reach]), beyond }
  return { ramp: viridis, scale: linearScale(0, reach, [...niceTicks(0, reach, 3)]), beyond }
}

/** Colour of every cell by a theme, drawn once for each picture. */
const painted = new WeakMap<TensorPicture, { readonly ground: string; readonly canvas: OffscreenCanvas }>()

export function drawTensor(
  ctx: CanvasRenderingContext2D,
  picture: TensorPicture,
  { ramp, scale, beyond }: TensorColours,
  width: number,
  cursor: { readonly at: Cell | null; readonly from: Cell | null },
  theme: MapTheme,
): void {
  const layout = layoutTensor(picture, width)
  const { left, top } = layout
  const own = ramp ?? theme.signed
  drawCells(ctx, picture, layout, (value) => (Number.isNaN(value) ? theme.accent : own.css(scale.at(value))), theme)
  ctx.strokeStyle = theme.line
  ctx.lineWidth = 1
  ctx.strokeRect(left - 0.5, top - 0.5, layout.width + 1, layout.height + 1)
  drawAxes(ctx, picture, layout, theme)
  const legend = top + layout.height + AXIS + LEGEND_GAP
  drawLegend(
    ctx,
    Math.max(0, left - 16),
    legend,
    own,
    scale,
    picture.lane === 'entry' ? formatExact : formatSetting,
    theme,
  )
  if (beyond !== null && left + LEGEND_WIDTH + 110 < width) {
    ctx.textAlign = 'left'
    ctx.textBaseline = 'top'
    ctx.fillStyle = theme.muted
    ctx.fillText(tensorWords.largest(formatError(beyond)), left + LEGEND_WIDTH - 8, legend)
  }
  if (cursor.at) drawCursor(ctx, picture, layout, cursor.at, cursor.from ?? cursor.at, theme)
}

function drawCells(
  ctx: CanvasRenderingContext2D,
  picture: TensorPicture,
  { left, top, width, height }: TensorLayout,
  colourOf: (value: number) => string,
  theme: MapTheme,
): void {
  const { across, down, cells } = picture
  const fill = (
    target: Pick<CanvasRenderingContext2D, 'fillStyle' | 'fillRect'>,
    x: number,
    y: number,
    w: number,
    h: number,
  ) => {
    for (let row = 0; row < down; row++)
      for (let column = 0; column < across; column++) {
        target.fillStyle = colourOf(cells[row * across + column]!)
        target.fillRect(x + column * w, y + row * h, w, h)
      }
  }
  // an SVG holds rectangles
  if (typeof ctx.drawImage !== 'function' || typeof OffscreenCanvas === 'undefined') {
    fill(ctx, left, top, width / across, height / down)
    return
  }
  let made = painted.get(picture)
  if (made?.ground !== theme.surface) {
    const canvas = new OffscreenCanvas(across, down)
    fill(canvas.getContext('2d') as unknown as CanvasRenderingContext2D, 0, 0, 1, 1)
    made = { ground: theme.surface, canvas }
    painted.set(picture, made)
  }
  ctx.imageSmoothingEnabled = false
  ctx.drawImage(made.canvas, left, top, width, height)
}

function drawAxes(
  ctx: CanvasRenderingContext2D,
  { window }: TensorPicture,
  layout: TensorLayout,
  theme: MapTheme,
): void {
  const { left, top, width, height } = layout
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  ctx.textBaseline = 'middle'
  const marks = Math.max(1, Math.min(5, Math.floor(width / 70), window.columns - 1))
  for (let i = 0; i <= marks; i++) {
    const share = i / marks
    ctx.textAlign = i === 0 ? 'left' : i === marks ? 'right' : 'center'
    if (window.columns > 1 || i === 0)
      ctx.fillText(
        formatInteger(window.column + Math.round(share * (window.columns - 1))),
        left + share * width,
        top + height + AXIS / 2 + 2,
      )
  }
  ctx.textAlign = 'right'
  const last = window.row + window.rows - 1
  if (height < 40) ctx.fillText(formatInteger(window.row), left - 8, top + height / 2)
  else {
    ctx.fillText(formatInteger(window.row), left - 8, top + 6)
    ctx.fillText(tensorWords.axis.row, left - 8, top + height / 2)
    ctx.fillText(formatInteger(last), left - 8, top + height - 6)
  }
  ctx.fillText(tensorWords.axis.column, left - 8, top + height + AXIS / 2 + 2)
}

/** A frame around one cell, or around all from one to another. */
function drawCursor(
  ctx: CanvasRenderingContext2D,
  { across, down }: TensorPicture,
  { left, top, width, height }: TensorLayout,
  at: Cell,
  from: Cell,
  theme: MapTheme,
): void {
  const [w, h] = [width / across, height / down]
  const [x, y] = [Math.min(at.x, from.x), Math.min(at.y, from.y)]
  ctx.strokeStyle = theme.ink
  ctx.lineWidth = 1.5
  ctx.strokeRect(
    left + x * w - 1,
    top + y * h - 1,
    (Math.abs(at.x - from.x) + 1) * w + 2,
    (Math.abs(at.y - from.y) + 1) * h + 2,
  )
}

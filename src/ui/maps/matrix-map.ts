import { type Bins, binOf, binRange, binsFor, type Span } from '../../pipeline/matrix/bins'
import type { ColumnRecord } from '../../records'
import { arranged, arrangement, type Lane, laneOf, lanesOf, type Order } from '../../state/lanes'
import { formatError, formatSetting } from '../format'
import { bitsWords } from '../words/bits'
import { LANE_TITLES, QUANTITY_TITLES, WORDS } from '../words/matrix'
import { binBits, binLane, shareHeights, shownWidths } from './bin'
import { bitPosition, type MapTheme, viridis } from './colour'
import { niceAbove, type Scale, scaleFor } from './scale'

/** A matrix's columns in the order in which they are drawn. */
export interface MatrixView {
  /** Original column at each place. */
  readonly places: Uint32Array<ArrayBuffer>
  readonly bits: Float32Array
  readonly error: Float32Array
  /** A scale belongs to the whole matrix, so that zooming in does not change what a height means. */
  readonly lanes: readonly { readonly lane: Lane; readonly values: Float32Array; readonly scale: Scale }[]
}

export function matrixView(
  columns: ColumnRecord,
  order: Order,
  stored: Uint32Array<ArrayBuffer> | null = null,
): MatrixView {
  const places = arrangement(columns, order, stored)
  const lane = (lane: Lane) => {
    const values = arranged(laneOf(columns, lane)!, places)
    return { lane, values, scale: scaleFor(values) }
  }
  return {
    ...{ places, bits: arranged(shownWidths(columns.bits), places), error: arranged(columns.error, places) },
    lanes: lanesOf(columns).map(lane),
  }
}

export interface MatrixLayout {
  readonly left: number
  readonly plot: number
  readonly height: number
  /** Places shown of the columns, and their bins, about one a pixel. */
  readonly columns: Span
  readonly bins: Bins
  /** Where the pictures of the weights are, all of one height. */
  readonly strips: { readonly tops: readonly number[]; readonly height: number }
}

const LABELS = 78
const RIGHT = 10
const BITS_HEIGHT = 26
const LANE_HEIGHT = 48
const GAP = 12
const AXIS = 22
/** Room over a lane's bars, so that the tallest does not touch the lane above. */
const HEADROOM = 4

const lanesHeight = ({ lanes }: Pick<MatrixView, 'lanes'>): number => BITS_HEIGHT + lanes.length * (LANE_HEIGHT + GAP)

/** Of each of so many strips: the more there are, the lower. */
const stripHeight = (strips: number): number => (strips <= 1 ? 280 : strips === 2 ? 200 : 152)

export const matrixHeight = (view: Pick<MatrixView, 'lanes'>, strips = 0): number =>
  lanesHeight(view) + strips * (stripHeight(strips) + GAP) + AXIS

export function layoutMatrix(
  view: Pick<MatrixView, 'lanes' | 'places'>,
  columns: Span,
  width: number,
  strips = 0,
): MatrixLayout {
  const plot = Math.max(1, Math.floor(width - LABELS - RIGHT))
  const height = stripHeight(strips)
  const tops = Array.from({ length: strips }, (_, i) => lanesHeight(view) + GAP + i * (height + GAP))
  return {
    ...{ left: LABELS, plot, height: matrixHeight(view, strips), columns },
    ...{ bins: binsFor(columns, plot, view.places.length), strips: { tops, height } },
  }
}

/** Where a place of the columns begins, which may be outside of the plot. */
export const xOf = ({ left, plot, columns: { start, end } }: MatrixLayout, place: number): number =>
  left + ((place - start) / (end - start)) * plot

/** The place under x; null beside the plot. */
export function columnAt({ left, plot, columns: { start, end } }: MatrixLayout, x: number): number | null {
  const at = (x - left) / plot
  return at < 0 || at >= 1 ? null : Math.floor(start + at * (end - start))
}

/** The place of the most telling column in the bin under x: the one with the largest error. */
export function columnOfInterest({ error }: MatrixView, layout: MatrixLayout, x: number): number | null {
  const first = columnAt(layout, x)
  if (first === null) return null
  const [from, to] = binRange(layout.bins, binOf(layout.bins, first))
  let best = from
  for (let place = from; place < to; place++) if (error[place]! > error[best]!) best = place
  return best
}

/** Column by column in words: its width and all its lanes. */
export function columnText(columns: ColumnRecord, column: number): string {
  const lanes = lanesOf(columns).map(
    (lane) => [LANE_TITLES[lane], formatError(laneOf(columns, lane)![column]!)] as const,
  )
  return WORDS.columnFacts(column, Number(columns.bits[column]!.toFixed(3)), lanes)
}

/** Bits and lanes, and the axis below everything; the strips between them are drawn by matrix-strips.ts. */
export function drawMatrixMap(
  ctx: CanvasRenderingContext2D,
  view: MatrixView,
  layout: MatrixLayout,
  marks: { readonly cursor: number | null; readonly selected: number | null },
  sorted: boolean,
  theme: MapTheme,
): void {
  ctx.textBaseline = 'middle'
  drawBits(ctx, view.bits, layout, theme)
  let top = BITS_HEIGHT + GAP
  for (const { lane, values, scale } of view.lanes) {
    drawLane(ctx, values, scale, LANE_TITLES[lane], layout, top, theme)
    top += LANE_HEIGHT + GAP
  }
  drawAxis(ctx, view, layout, sorted, theme)
  if (marks.selected !== null) drawCursor(ctx, layout, marks.selected, theme.ink)
  if (marks.cursor !== null) drawCursor(ctx, layout, marks.cursor, theme.accent)
}

/** Which colour is which width, for pictures that leave the page and its legend. */
export function drawBitsKey(ctx: CanvasRenderingContext2D, bits: Float32Array, y: number, theme: MapTheme): void {
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  for (const [index, width] of widthsOf(bits).entries()) {
    const x = LABELS + index * 52
    ctx.fillStyle = viridis.css(bitPosition(width))
    ctx.fillRect(x, y - 5, 10, 10)
    ctx.fillStyle = theme.muted
    ctx.fillText(bitsWords.width(width), x + 15, y)
  }
}

/** The widths that are shown, ascending. */
export const widthsOf = (bits: Float32Array): number[] => [...new Set(shownWidths(bits))].sort((a, b) => a - b)

/** Left edge and width of a bin in whole pixels, inside the plot. */
function binBox(layout: MatrixLayout, bin: number, gap = 0): { x: number; width: number } {
  const [first, last] = binRange(layout.bins, bin)
  const x = Math.round(Math.max(layout.left, xOf(layout, first)))
  const end = Math.round(Math.min(layout.left + layout.plot, xOf(layout, last)))
  return { x, width: Math.max(1, end - x - gap) }
}

function drawBits(ctx: CanvasRenderingContext2D, bits: Float32Array, layout: MatrixLayout, theme: MapTheme): void {
  label(ctx, QUANTITY_TITLES.bits, layout, BITS_HEIGHT / 2, theme)
  const all = binBits(bits, layout.bins)
  for (let bin = 0; bin < all.length; bin++) {
    const shares = all[bin]!
    const { x } = binBox(layout, bin)
    // neighbours of one and the same width are one rectangle
    while (shares.length === 1 && all[bin + 1]?.length === 1 && all[bin + 1]![0]!.bits === shares[0]!.bits) bin++
    const end = binBox(layout, bin)
    const heights = shareHeights(shares, BITS_HEIGHT)
    let y = 0
    for (const [index, { bits: width }] of shares.entries()) {
      ctx.fillStyle = viridis.css(bitPosition(width))
      ctx.fillRect(x, y, end.x + end.width - x, heights[index]!)
      y += heights[index]!
    }
  }
}

function drawLane(
  ctx: CanvasRenderingContext2D,
  values: Float32Array,
  scale: Scale,
  name: string,
  layout: MatrixLayout,
  top: number,
  theme: MapTheme,
): void {
  label(ctx, name, layout, top + 8, theme)
  const floor = top + LANE_HEIGHT
  ctx.fillStyle = theme.line
  ctx.fillRect(layout.left, floor, layout.plot, 1)
  drawGuides(ctx, scale, layout, top, theme)
  const lane = binLane(values, layout.bins)
  const gap = layout.plot / layout.bins.count > 4 ? 1 : 0
  const boxes = Array.from({ length: layout.bins.count }, (_, bin) => binBox(layout, bin, gap))
  for (const [heights, colour] of [
    [lane.max, theme.laneMax],
    [lane.mean, theme.laneMean],
  ] as const) {
    ctx.fillStyle = colour
    boxes.forEach(({ x, width }, bin) => {
      const height = Math.max(1, scale.at(heights[bin]!) * (LANE_HEIGHT - HEADROOM))
      ctx.fillRect(x, floor - height, width, height)
    })
  }
}

function drawGuides(
  ctx: CanvasRenderingContext2D,
  scale: Scale,
  layout: MatrixLayout,
  top: number,
  theme: MapTheme,
): void {
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'right'
  const ends = [scale.ticks[0], scale.ticks.at(-1)].filter((tick) => tick !== undefined)
  for (const tick of ends) {
    const y = Math.round(top + LANE_HEIGHT - scale.at(tick) * (LANE_HEIGHT - HEADROOM))
    ctx.fillStyle = theme.line
    ctx.fillRect(layout.left, y, layout.plot, 1)
    ctx.fillStyle = theme.muted
    if (y - top > 34) ctx.fillText(formatSetting(tick), layout.left - 8, Math.min(y, top + LANE_HEIGHT - 4))
  }
  const reach = WORDS[scale.kind === 'log' ? 'logReach' : 'reach']
  ctx.fillText(reach(formatSetting(scale.high)), layout.left - 8, top + 24)
}

/** Every column by its number where there is room, else some places. */
function drawAxis(
  ctx: CanvasRenderingContext2D,
  view: MatrixView,
  layout: MatrixLayout,
  sorted: boolean,
  theme: MapTheme,
): void {
  const { left, plot, columns, height, bins } = layout
  const y = height - AXIS / 2 + 2
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  const [first, last] = [Math.floor(columns.start), Math.min(bins.total, Math.ceil(columns.end)) - 1]
  const cell = plot / (columns.end - columns.start)
  ctx.textAlign = 'center'
  if (cell >= WIDE_CELL)
    for (let place = first; place <= last; place++) {
      const x = xOf(layout, place + 0.5)
      if (x > left && x < left + plot) ctx.fillText(String(view.places[place]), x, y)
    }
  else {
    const step = Math.max(1, niceAbove((last - first + 1) / MARKS))
    for (let place = Math.ceil(first / step) * step; place <= last; place += step) {
      const x = xOf(layout, place + 0.5)
      ctx.textAlign = x < left + EDGE ? 'left' : x > left + plot - EDGE ? 'right' : 'center'
      ctx.fillText(String(place), x, y)
    }
  }
  ctx.textAlign = 'right'
  ctx.fillText(sorted && cell < WIDE_CELL ? WORDS.axis.rank : WORDS.axis.column, left - 10, y)
}

/** Round places below a matrix, about so many; those near an end do not stand over it. */
const MARKS = 7
const EDGE = 20
/** A column this wide has room for its number. */
const WIDE_CELL = 36

/** A line through a column; one at either side where it is wide, so that what is in it can be read. */
function drawCursor(ctx: CanvasRenderingContext2D, layout: MatrixLayout, cursor: number, colour: string): void {
  const { left, plot, height } = layout
  const [from, to] = [xOf(layout, cursor), xOf(layout, cursor + 1)]
  ctx.fillStyle = colour
  for (const at of to - from < WIDE_MARK ? [(from + to) / 2] : [from, to - 1]) {
    const x = Math.round(at)
    if (x >= left && x < left + plot) ctx.fillRect(x, 0, 1, height - AXIS)
  }
}

/** Cells of this many pixels are marked at their edges. */
export const WIDE_MARK = 12

/** A title in the margin of what is at its right. */
export function label(
  ctx: CanvasRenderingContext2D,
  text: string,
  layout: MatrixLayout,
  y: number,
  theme: MapTheme,
): void {
  ctx.fillStyle = theme.ink
  ctx.font = `11.5px ${theme.font}`
  ctx.textAlign = 'right'
  ctx.fillText(text, layout.left - 10, y)
}

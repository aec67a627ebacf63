import type { ColumnRecord } from '../../records'
import { arranged, arrangement, type Lane, laneOf, lanesOf, type Order } from '../../state/lanes'
import { formatError, formatSetting } from '../format'
import { type Bins, binBits, binLane, binOf, binRange, binsFor, shareHeights, shownWidths } from './bin'
import { bitPosition, type MapTheme, viridis } from './colour'
import { type Scale, scaleFor } from './scale'

/** A matrix's columns in the order in which they are drawn. */
export interface MatrixView {
  /** Original column at each place. */
  readonly places: Uint32Array
  readonly bits: Float32Array
  readonly error: Float32Array
  readonly lanes: readonly { readonly lane: Lane; readonly values: Float32Array }[]
}

export function matrixView(columns: ColumnRecord, order: Order): MatrixView {
  const places = arrangement(columns, order)
  return {
    ...{ places, bits: arranged(shownWidths(columns.bits), places), error: arranged(columns.error, places) },
    lanes: lanesOf(columns).map((lane) => ({ lane, values: arranged(laneOf(columns, lane)!, places) })),
  }
}

export const LANE_TITLES: Readonly<Record<Lane, string>> = {
  hessian: 'diag H',
  factor: 'diag U',
  norm: 'norm',
  error: 'error',
  saliency: 'saliency',
  salient: 'salient',
}

/** Places shown: [start, end). */
export interface ColumnWindow {
  readonly start: number
  readonly end: number
}

export interface MatrixLayout {
  readonly left: number
  readonly plot: number
  readonly height: number
  readonly bins: Bins
}

const LABELS = 78
const RIGHT = 10
const BITS_HEIGHT = 26
const LANE_HEIGHT = 48
const GAP = 12
const AXIS = 22
/** Room over a lane's bars, so that the tallest does not touch the lane above. */
const HEADROOM = 4

export const matrixHeight = ({ lanes }: Pick<MatrixView, 'lanes'>): number =>
  BITS_HEIGHT + lanes.length * (LANE_HEIGHT + GAP) + AXIS

export function layoutMatrix(view: Pick<MatrixView, 'lanes'>, window: ColumnWindow, width: number): MatrixLayout {
  const plot = Math.max(1, Math.floor(width - LABELS - RIGHT))
  return { left: LABELS, plot, height: matrixHeight(view), bins: binsFor(window.start, window.end, plot) }
}

/** The place under x; null beside the plot. */
export function columnAt({ left, plot, bins }: MatrixLayout, x: number): number | null {
  const at = (x - left) / plot
  if (at < 0 || at >= 1 || bins.count === 0) return null
  return binRange(bins, Math.floor(at * bins.count))[0]
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
  const lanes = lanesOf(columns).map((lane) => `${LANE_TITLES[lane]} ${formatError(laneOf(columns, lane)![column]!)}`)
  return `Column ${column}: ${[`${Number(columns.bits[column]!.toFixed(3))} bits`, ...lanes].join(', ')}`
}

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
  for (const { lane, values } of view.lanes) {
    drawLane(ctx, values, LANE_TITLES[lane], layout, top, theme)
    top += LANE_HEIGHT + GAP
  }
  drawAxis(ctx, layout, top - GAP, sorted ? 'rank' : 'column', theme)
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
    ctx.fillText(`${width} bit`, x + 15, y)
  }
}

/** The widths that are shown, ascending. */
export const widthsOf = (bits: Float32Array): number[] => [...new Set(shownWidths(bits))].sort((a, b) => a - b)

const xOf = ({ left, plot, bins }: MatrixLayout, bin: number): number => left + (bin * plot) / bins.count

function drawBits(ctx: CanvasRenderingContext2D, bits: Float32Array, layout: MatrixLayout, theme: MapTheme): void {
  label(ctx, 'bits', layout, BITS_HEIGHT / 2, theme)
  for (const [bin, shares] of binBits(bits, layout.bins).entries()) {
    const x = Math.round(xOf(layout, bin))
    const width = Math.max(1, Math.round(xOf(layout, bin + 1)) - x)
    const heights = shareHeights(shares, BITS_HEIGHT)
    let y = 0
    for (const [index, { bits: width_ }] of shares.entries()) {
      ctx.fillStyle = viridis.css(bitPosition(width_))
      ctx.fillRect(x, y, width, heights[index]!)
      y += heights[index]!
    }
  }
}

function drawLane(
  ctx: CanvasRenderingContext2D,
  values: Float32Array,
  name: string,
  layout: MatrixLayout,
  top: number,
  theme: MapTheme,
): void {
  label(ctx, name, layout, top + 8, theme)
  const floor = top + LANE_HEIGHT
  ctx.fillStyle = theme.line
  ctx.fillRect(layout.left, floor, layout.plot, 1)
  // The scale belongs to the whole matrix, so that zooming in does not change what a height means.
  const scale = scaleFor(values)
  drawGuides(ctx, scale, layout, top, theme)
  const lane = binLane(values, layout.bins)
  for (let bin = 0; bin < layout.bins.count; bin++) {
    const x = Math.round(xOf(layout, bin))
    const width = Math.max(1, Math.round(xOf(layout, bin + 1)) - x - (layout.plot / layout.bins.count > 4 ? 1 : 0))
    const bar = (value: number, colour: string) => {
      const height = Math.max(1, scale.at(value) * (LANE_HEIGHT - HEADROOM))
      ctx.fillStyle = colour
      ctx.fillRect(x, floor - height, width, height)
    }
    bar(lane.max[bin]!, theme.laneMax)
    bar(lane.mean[bin]!, theme.laneMean)
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
  ctx.fillText(`${scale.kind === 'log' ? 'log, ' : ''}to ${formatSetting(scale.high)}`, layout.left - 8, top + 24)
}

function drawAxis(
  ctx: CanvasRenderingContext2D,
  layout: MatrixLayout,
  top: number,
  name: string,
  theme: MapTheme,
): void {
  const { start, end } = layout.bins
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  const marks = 5
  for (let i = 0; i <= marks; i++) {
    const column = Math.round(start + ((end - 1 - start) * i) / marks)
    ctx.textAlign = i === 0 ? 'left' : i === marks ? 'right' : 'center'
    ctx.fillText(String(column), layout.left + (layout.plot * i) / marks, top + AXIS / 2 + 2)
  }
  ctx.textAlign = 'right'
  ctx.fillText(name, layout.left - 10, top + AXIS / 2 + 2)
}

function drawCursor(ctx: CanvasRenderingContext2D, layout: MatrixLayout, cursor: number, colour: string): void {
  const { bins } = layout
  if (cursor < bins.start || cursor >= bins.end) return
  const x = Math.round(xOf(layout, binOf(bins, cursor) + 0.5))
  ctx.fillStyle = colour
  ctx.fillRect(x, 0, 1, layout.height - AXIS)
}

function label(ctx: CanvasRenderingContext2D, text: string, layout: MatrixLayout, y: number, theme: MapTheme): void {
  ctx.fillStyle = theme.ink
  ctx.font = `11.5px ${theme.font}`
  ctx.textAlign = 'right'
  ctx.fillText(text, layout.left - 10, y)
}

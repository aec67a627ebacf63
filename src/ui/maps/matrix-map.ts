import type { ColumnRecord } from '../../records'
import { formatSetting } from '../format'
import { type Bins, binBits, binLane, binOf, binRange, binsFor, shareHeights } from './bin'
import { bitPosition, type MapTheme, viridis } from './colour'
import { type Scale, scaleFor } from './scale'

/** Columns shown: [start, end) of the original order. */
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
const LANE_HEIGHT = 68
const GAP = 14
const AXIS = 22
/** Room over a lane's bars, so that the tallest does not touch the lane above. */
const HEADROOM = 4

export const MATRIX_HEIGHT = BITS_HEIGHT + 2 * (LANE_HEIGHT + GAP) + AXIS

export function layoutMatrix(window: ColumnWindow, width: number): MatrixLayout {
  const plot = Math.max(1, Math.floor(width - LABELS - RIGHT))
  return { left: LABELS, plot, height: MATRIX_HEIGHT, bins: binsFor(window.start, window.end, plot) }
}

/** The column under x; null beside the plot. */
export function columnAt({ left, plot, bins }: MatrixLayout, x: number): number | null {
  const at = (x - left) / plot
  if (at < 0 || at >= 1 || bins.count === 0) return null
  return binRange(bins, Math.floor(at * bins.count))[0]
}

/** The most telling column of the bin under x: the one with the largest error. */
export function columnOfInterest(columns: ColumnRecord, layout: MatrixLayout, x: number): number | null {
  const first = columnAt(layout, x)
  if (first === null) return null
  const [from, to] = binRange(layout.bins, binOf(layout.bins, first))
  let best = from
  for (let column = from; column < to; column++) if (columns.error[column]! > columns.error[best]!) best = column
  return best
}

export function drawMatrixMap(
  ctx: CanvasRenderingContext2D,
  columns: ColumnRecord,
  layout: MatrixLayout,
  cursor: number | null,
  theme: MapTheme,
): void {
  ctx.textBaseline = 'middle'
  drawBits(ctx, columns.bits, layout, theme)
  let top = BITS_HEIGHT + GAP
  drawLane(ctx, columns.hessian, 'diag H', 'no calibration: diag H unknown', layout, top, theme)
  top += LANE_HEIGHT + GAP
  drawLane(ctx, columns.error, 'error', '', layout, top, theme)
  drawAxis(ctx, layout, top + LANE_HEIGHT, theme)
  if (cursor !== null) drawCursor(ctx, layout, cursor, theme)
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

/** The widths that occur, ascending. */
export const widthsOf = (bits: Float32Array): number[] => [...new Set(bits)].sort((a, b) => a - b)

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
  values: Float32Array | null,
  name: string,
  absent: string,
  layout: MatrixLayout,
  top: number,
  theme: MapTheme,
): void {
  label(ctx, name, layout, top + 8, theme)
  const floor = top + LANE_HEIGHT
  ctx.fillStyle = theme.line
  ctx.fillRect(layout.left, floor, layout.plot, 1)
  if (!values) {
    ctx.fillStyle = theme.muted
    ctx.textAlign = 'left'
    ctx.fillText(absent, layout.left + 8, top + LANE_HEIGHT / 2)
    return
  }
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
  ctx.font = `10px ${theme.font}`
  ctx.textAlign = 'right'
  const ends = [scale.ticks[0], scale.ticks.at(-1)].filter((tick) => tick !== undefined)
  for (const tick of ends) {
    const y = Math.round(top + LANE_HEIGHT - scale.at(tick) * (LANE_HEIGHT - HEADROOM))
    ctx.fillStyle = theme.line
    ctx.fillRect(layout.left, y, layout.plot, 1)
    ctx.fillStyle = theme.muted
    if (y - top > 18) ctx.fillText(formatSetting(tick), layout.left - 8, Math.min(y, top + LANE_HEIGHT - 4))
  }
  ctx.fillText(`${scale.kind === 'log' ? 'log, ' : ''}to ${formatSetting(scale.high)}`, layout.left - 8, top + 24)
}

function drawAxis(ctx: CanvasRenderingContext2D, layout: MatrixLayout, top: number, theme: MapTheme): void {
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
  ctx.fillText('column', layout.left - 10, top + AXIS / 2 + 2)
}

function drawCursor(ctx: CanvasRenderingContext2D, layout: MatrixLayout, cursor: number, theme: MapTheme): void {
  const { bins } = layout
  if (cursor < bins.start || cursor >= bins.end) return
  const x = Math.round(xOf(layout, binOf(bins, cursor) + 0.5))
  ctx.fillStyle = theme.accent
  ctx.fillRect(x, 0, 1, layout.height - AXIS)
}

function label(ctx: CanvasRenderingContext2D, text: string, layout: MatrixLayout, y: number, theme: MapTheme): void {
  ctx.fillStyle = theme.ink
  ctx.font = `11.5px ${theme.font}`
  ctx.textAlign = 'right'
  ctx.fillText(text, layout.left - 10, y)
}

import { type Bins, binsSpan, type Span } from '../../pipeline/matrix/bins'
import type { Quantity } from '../../pipeline/matrix/sources'
import type { Contrast } from '../../state/matrix-choices'
import type { MatrixImage } from '../../workers/matrix-api'
import { formatSetting } from '../format'
import { QUANTITY_TITLES, WORDS } from '../words/matrix'
import { cividis, type MapTheme, type Ramp, viridis } from './colour'
import { label, type MatrixLayout, WIDE_MARK } from './matrix-map'

/** What one strip shows of the matrix: rows × columns, one quantity. */
export interface Strip {
  readonly quantity: Quantity
  /** The latest picture, which may be of another window; null before the first. */
  readonly image: MatrixImage | null
}

/** Rows as they are shown: places of `span`, and the row at each. */
export interface RowAxis {
  readonly span: Span
  readonly places: Uint32Array
  /** Rows that belong together; 0 for none. */
  readonly group: number
  readonly groupName: (index: number) => string
}

/** The part of an image that can be seen, in bins, and where it goes. */
export interface Placed {
  readonly from: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  readonly to: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
}

/** How a quantity is coloured: a ramp, and where on it a value lies. */
export interface Look {
  readonly ramp: Ramp
  /** Sizes at the weak and at the strong end. */
  readonly low: number
  readonly reach: number
  /** Sizes go by their root. */
  readonly root: boolean
  /** The weak end is in the middle of the ramp, negative values before it. */
  readonly signed: boolean
}

/** Quantities between −1 and 1, whose scale is known beforehand. */
const FIXED: readonly Quantity[] = ['code', 'sign']

export function lookOf(
  { quantity, reduction, reach }: Pick<MatrixImage, 'quantity' | 'reduction' | 'reach'>,
  contrast: Contrast,
  theme: MapTheme,
): Look {
  if (quantity === 'bits') return { ramp: viridis, low: 1, reach: 8, root: false, signed: false }
  const fixed = FIXED.includes(quantity)
  const end = fixed ? 1 : (contrast === 'clipped' ? reach.most : reach.largest) || 1
  const sizes = reduction === 'largest' || reduction === 'size'
  const root = contrast === 'root' && !fixed
  return { ramp: sizes ? cividis : theme.signed, low: 0, reach: end, root, signed: !sizes }
}

/** Where a value lies on the ramp, 0 to 1. */
export function placeOf({ low, reach, root, signed }: Look, value: number): number {
  const part = Math.min(1, Math.max(0, (Math.abs(value) - low) / (reach - low)))
  const size = root ? Math.sqrt(part) : part
  if (!signed) return size
  return value < 0 ? 0.5 - size / 2 : 0.5 + size / 2
}

/** Pixels of an image, a word each, one a bin. */
export function paint(values: Float32Array, look: Look): Uint32Array<ArrayBuffer> {
  const { words } = look.ramp
  const last = words.length - 1
  const pixels = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) pixels[i] = words[Math.round(placeOf(look, values[i]!) * last)]!
  return pixels
}

const painted = new WeakMap<MatrixImage, { key: string; canvas: HTMLCanvasElement }>()

/** The image on a canvas of its own, painted once for a look. */
function canvasOf(image: MatrixImage, look: Look, key: string): HTMLCanvasElement {
  const known = painted.get(image)
  if (known?.key === key) return known.canvas
  const canvas = document.createElement('canvas')
  canvas.width = image.columns.count
  canvas.height = image.rows.count
  const bytes = new Uint8ClampedArray(paint(image.values, look).buffer)
  canvas.getContext('2d')?.putImageData(new ImageData(bytes, canvas.width, canvas.height), 0, 0)
  painted.set(image, { key, canvas })
  return canvas
}

/** Where what can be seen of an image goes on a strip; null where that is nothing. */
export function placed(
  image: Pick<MatrixImage, 'rows' | 'columns'>,
  layout: MatrixLayout,
  rows: Span,
  top: number,
): Placed | null {
  const across = shownPart(image.columns, layout.columns, layout.left, layout.plot)
  const down = shownPart(image.rows, rows, top, layout.strips.height)
  return (
    across &&
    down && {
      from: { x: across.from, y: down.from, width: across.count, height: down.count },
      to: { x: across.to, y: down.to, width: across.length, height: down.length },
    }
  )
}

function shownPart(bins: Bins, span: Span, origin: number, length: number) {
  const all = binsSpan(bins)
  const [start, end] = [Math.max(all.start, span.start), Math.min(all.end, span.end)]
  if (start >= end) return null
  const pixels = (place: number) => origin + ((place - span.start) / (span.end - span.start)) * length
  const bin = (place: number) => Math.min(bins.count, Math.max(0, place / bins.step - bins.first))
  const [from, to] = [pixels(start), pixels(end)]
  return { from: bin(start), count: bin(end) - bin(start), to: from, length: to - from }
}

export function drawStrip(
  ctx: CanvasRenderingContext2D,
  { quantity, image }: Strip,
  layout: MatrixLayout,
  rows: RowAxis,
  top: number,
  contrast: Contrast,
  theme: MapTheme,
): void {
  const { left, plot, strips } = layout
  ctx.fillStyle = theme.line
  ctx.globalAlpha = 0.4
  ctx.fillRect(left, top, plot, strips.height)
  ctx.globalAlpha = 1
  label(ctx, QUANTITY_TITLES[quantity], layout, top + strips.height / 2 - 8, theme)
  if (image) {
    const look = lookOf(image, contrast, theme)
    drawKey(ctx, look, left - 10, top + strips.height / 2 + 4, theme)
    const part = placed(image, layout, rows.span, top)
    if (part) {
      const canvas = canvasOf(image, look, `${contrast} ${theme.surface}`)
      const { from, to } = part
      ctx.imageSmoothingEnabled = false
      ctx.drawImage(canvas, from.x, from.y, from.width, from.height, to.x, to.y, to.width, to.height)
    }
  }
  drawRows(ctx, layout, rows, top, theme)
}

const KEY = 58

/** The ramp in the margin, its ends below. */
function drawKey(ctx: CanvasRenderingContext2D, look: Look, right: number, y: number, theme: MapTheme): void {
  for (let i = 0; i < KEY; i++) {
    ctx.fillStyle = look.ramp.css(i / (KEY - 1))
    ctx.fillRect(right - KEY + i, y, 1, 6)
  }
  ctx.fillStyle = theme.muted
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'right'
  const end = formatSetting(Number(look.reach.toPrecision(2)))
  ctx.fillText(look.signed ? `±${end}` : WORDS.reach(end), right, y + 15)
}

/** Rows that are this high have room for their numbers; groups for their names. */
const HIGH = 13

/** Row numbers at the ends, or every one; where groups are marked a line before each and its name. */
function drawRows(
  ctx: CanvasRenderingContext2D,
  layout: MatrixLayout,
  rows: RowAxis,
  top: number,
  theme: MapTheme,
): void {
  const { left, plot, strips } = layout
  const { span, places, group } = rows
  const y = (place: number) => top + ((place - span.start) / (span.end - span.start)) * strips.height
  const cell = strips.height / (span.end - span.start)
  const [first, last] = [Math.floor(span.start), Math.min(places.length, Math.ceil(span.end)) - 1]
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'right'
  ctx.fillStyle = theme.muted
  const middle = top + strips.height / 2
  const write = (text: string, at: number) => {
    // the title and its key stand in the middle of the margin
    if (at > top && at < top + strips.height && Math.abs(at - middle - 4) > 26) ctx.fillText(text, left - 10, at)
  }
  const grouped = group > 0 && group * cell >= HIGH
  if (cell >= HIGH) for (let place = first; place <= last; place++) write(String(places[place]), y(place + 0.5))
  else if (grouped)
    for (let at = Math.floor(first / group); at * group <= last; at++)
      write(rows.groupName(Math.floor(places[at * group]! / group)), y((at + 0.5) * group))
  else {
    write(String(places[first]), top + 6)
    write(String(places[last]), top + strips.height - 6)
  }
  if (group === 0 || group * cell < 4) return
  ctx.fillStyle = theme.ink
  ctx.globalAlpha = 0.55
  for (let at = Math.ceil(span.start / group); at * group < span.end; at++)
    if (at > 0) ctx.fillRect(left, Math.round(y(at * group)), plot, 1)
  ctx.globalAlpha = 1
}

/** A line along a row in every strip, one at either side where it is high. */
export function drawRowMark(
  ctx: CanvasRenderingContext2D,
  { left, plot, strips }: MatrixLayout,
  { start, end }: Span,
  place: number,
  colour: string,
): void {
  const cell = strips.height / (end - start)
  const from = (place - start) * cell
  ctx.fillStyle = colour
  for (const at of cell < WIDE_MARK ? [from + cell / 2] : [from, from + cell - 1])
    for (const top of strips.tops) {
      const y = Math.round(top + at)
      if (y >= top && y < top + strips.height) ctx.fillRect(left, y, plot, 1)
    }
}

/** The strip under y and the place of its row there; null between strips. */
export function stripAt(
  { strips }: MatrixLayout,
  { start, end }: Span,
  y: number,
): { strip: number; place: number } | null {
  const strip = strips.tops.findIndex((top) => y >= top && y < top + strips.height)
  if (strip < 0) return null
  return { strip, place: Math.floor(start + ((y - strips.tops[strip]!) / strips.height) * (end - start)) }
}

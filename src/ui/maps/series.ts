import { formatSetting } from '../format'
import { FIRST_STEP } from '../words/learning'
import type { MapTheme } from './colour'
import { errorScale, linearScale, niceAbove, positiveRange, type Scale } from './scale'

/** Panels of curves over the steps of something that learns: what their charts share. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Pixels around the boxes of panels. */
export const MARGIN = { labels: 52, right: 8, title: 18, axis: 18, gap: 6 }

/** The box of a panel of this height below `y`, with room for its title and the labels of its scale. */
export const panelBox = (x: number, y: number, outer: number, height: number): Box => ({
  ...{ x: x + MARGIN.labels, y: y + MARGIN.title, width: Math.max(1, outer - MARGIN.labels - MARGIN.right), height },
})

export interface Spot {
  readonly x: number
  readonly y: number
}

/** Factor between the ends from which a logarithm shows more. */
const FACTOR = 2

/** By factors where there are any; what only corrects a good solution moves by per cents. */
export function lossScale(values: readonly number[]): Scale {
  const range = positiveRange(values)
  if (!range || range.high / range.low >= FACTOR) return errorScale(values)
  const room = Math.max((range.high - range.low) / 10, range.high / 200)
  return linearScale(range.low - room, range.high + room)
}

/** From zero to a round number above everything measured, `least` at the least. */
export function fromZero(values: Float32Array, least: number): Scale {
  const high = niceAbove(values.reduce((most, value) => (value > most ? value : most), least))
  return linearScale(0, high, [0, high])
}

/** Where a series goes in its box: one piece for each stretch of measured values. */
export function traceOf(x: Float32Array, y: Float32Array, box: Box, steps: number, scale: Scale): Spot[][] {
  const pieces: Spot[][] = [[]]
  for (const [i, value] of y.entries()) {
    if (!Number.isFinite(value)) {
      if (pieces.at(-1)!.length > 0) pieces.push([])
      continue
    }
    pieces.at(-1)!.push({ x: xOf(x[i]!, box, steps), y: yOf(value, box, scale) })
  }
  return pieces.filter((piece) => piece.length > 0)
}

const xOf = (step: number, box: Box, steps: number): number => box.x + (box.width * step) / Math.max(1, steps)

/** Height in a box where a value lies on its scale. */
const yOf = (value: number, box: Box, scale: Scale): number => box.y + box.height * (1 - scale.at(value))

/** Index of the recorded step that is nearest to x in any of the panels; null beside them and before the first step. */
export function nearestStep(step: Float32Array, boxes: readonly Box[], steps: number, x: number, y: number) {
  const { title, gap } = MARGIN
  const box = boxes.find((b) => x >= b.x && x <= b.x + b.width && y >= b.y - title && y <= b.y + b.height + gap)
  if (!box || step.length === 0) return null
  const wanted = ((x - box.x) / box.width) * steps
  let nearest = 0
  for (const [i, value] of step.entries()) if (Math.abs(value - wanted) < Math.abs(step[nearest]! - wanted)) nearest = i
  return nearest
}

/** Frame, guides and title of a panel; returns where the title ends. */
export function drawPanel(
  ctx: CanvasRenderingContext2D,
  box: Box,
  scale: Scale,
  title: string,
  theme: MapTheme,
  format = formatSetting,
): number {
  ctx.font = `11.5px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  ctx.fillStyle = theme.ink
  ctx.fillText(title, box.x, box.y - MARGIN.title / 2)
  const end = box.x + ctx.measureText(title).width
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'right'
  let free = Number.POSITIVE_INFINITY
  for (const tick of scale.ticks) {
    const y = Math.round(yOf(tick, box, scale))
    ctx.fillStyle = theme.line
    ctx.fillRect(box.x, y, box.width, 1)
    if (free - y < 12) continue
    ctx.fillStyle = theme.muted
    ctx.fillText(format(tick), box.x - 7, y)
    free = y
  }
  ctx.fillStyle = theme.line
  ctx.fillRect(box.x, box.y + box.height, box.width, 1)
  return end
}

/** What a key says of a mark, and how it is drawn. */
export type KeyEntry = readonly [text: string, mark: (ctx: CanvasRenderingContext2D, x: number, y: number) => void]

/** Which mark is which, after the title of a panel that ends at `from`; entries that no longer fit are left out. */
export function drawKey(
  ctx: CanvasRenderingContext2D,
  box: Box,
  from: number,
  entries: readonly KeyEntry[],
  theme: MapTheme,
): void {
  const y = box.y - MARGIN.title / 2
  let x = from + 14
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'left'
  for (const [text, mark] of entries) {
    const end = x + 18 + ctx.measureText(text).width
    if (end > box.x + box.width) return
    mark(ctx, x, y)
    ctx.fillStyle = theme.muted
    ctx.fillText(text, x + 18, y)
    x = end + 14
  }
}

/** A stretch of a curve, for keys. */
export const lineMark =
  (colour: string, width: number, dash: number[] = []): KeyEntry[1] =>
  (ctx, x, y) =>
    stroke(ctx, [[x, x + 13].map((end) => ({ x: end, y }))], colour, width, dash)

/** A level across the whole box, dashed: a target or a bound. */
export function drawLevel(ctx: CanvasRenderingContext2D, box: Box, value: number, scale: Scale, colour: string): void {
  const y = yOf(value, box, scale)
  stroke(ctx, [[box.x, box.x + box.width].map((x) => ({ x, y }))], colour, 1, LEVEL_DASH)
}

export const LEVEL_DASH = [4, 3]

/** An upright at a step, one pixel wide. */
export function drawUpright(
  ctx: CanvasRenderingContext2D,
  box: Box,
  step: number,
  steps: number,
  colour: string,
): void {
  ctx.fillStyle = colour
  ctx.fillRect(Math.round(xOf(step, box, steps)), box.y, 1, box.height)
}

/** The axis of steps under a box. */
export function drawSteps(ctx: CanvasRenderingContext2D, box: Box, steps: number, theme: MapTheme): void {
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  for (const [share, align] of [
    [0, 'left'],
    [0.5, 'center'],
    [1, 'right'],
  ] as const) {
    ctx.textAlign = align
    const text = share === 0 ? FIRST_STEP : String(Math.round(steps * share))
    ctx.fillText(text, box.x + box.width * share, box.y + box.height + MARGIN.axis / 2 + 2)
  }
}

export function stroke(
  ctx: CanvasRenderingContext2D,
  pieces: readonly (readonly Spot[])[],
  colour: string,
  width: number,
  dash: number[] = [],
): void {
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.lineJoin = 'round'
  ctx.setLineDash(dash)
  ctx.beginPath()
  for (const piece of pieces) for (const [i, { x, y }] of piece.entries()) i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)
  ctx.stroke()
  ctx.setLineDash([])
}

export function dot(ctx: CanvasRenderingContext2D, { x, y }: Spot, colour: string): void {
  ctx.fillStyle = colour
  ctx.beginPath()
  ctx.arc(x, y, 2.5, 0, 2 * Math.PI)
  ctx.fill()
}

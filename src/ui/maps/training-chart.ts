import type { TrainingRecord } from '../../records'
import { formatError, formatSetting } from '../format'
import type { MapTheme } from './colour'
import { errorScale, linearScale, niceAbove, positiveRange, type Scale } from './scale'

/** What a chart of learning knows beside the record. */
export interface TrainingFrame {
  /** Steps there will be: the axis is theirs from the first one on. */
  readonly steps: number
  /** Mean width asked for; null where there is none for this layer alone. */
  readonly target: number | null
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface TrainingLayout {
  readonly loss: Box
  readonly bits: Box
  readonly entropy: Box
  readonly temperature: Box
  readonly height: number
}

const LABELS = 52
const RIGHT = 8
const TITLE = 18
const AXIS = 18
const GAP = 6
const SMALL = 40
/** Width from which the small panels stand beside the loss. */
const WIDE = 620

export function layoutTraining(width: number): TrainingLayout {
  const small = SMALL + TITLE + GAP
  const box = (x: number, y: number, outer: number, height: number): Box => ({
    ...{ x: x + LABELS, y: y + TITLE, width: Math.max(1, outer - LABELS - RIGHT), height },
  })
  const beside = width >= WIDE
  const half = beside ? Math.floor(width / 2) : width
  const tall = 3 * small - TITLE - GAP
  const top = beside ? 0 : tall + TITLE + AXIS + GAP
  const strip = (index: number) => box(beside ? half : 0, top + index * small, beside ? width - half : width, SMALL)
  return {
    ...{ loss: box(0, 0, half, tall), bits: strip(0), entropy: strip(1), temperature: strip(2) },
    height: top + 3 * small - GAP + AXIS,
  }
}

export interface TrainingScales {
  readonly loss: Scale
  readonly bits: Scale
  readonly entropy: Scale
  readonly temperature: Scale
}

export function trainingScales(training: TrainingRecord, target: number | null): TrainingScales {
  const { loss, quantization, chosen, bits, entropy, temperature } = training
  const widths = [...bits, ...(target === null ? [] : [target])].filter(Number.isFinite)
  const [low, high] = [Math.min(8, ...widths), Math.max(1, ...widths)]
  const room = Math.max(0.1, (high - low) / 10)
  return {
    loss: lossScale([...loss, ...quantization, ...chosen]),
    bits: linearScale(low - room, high + room, target === null ? undefined : [target]),
    entropy: fromZero(entropy),
    temperature: fromZero(temperature),
  }
}

/** Factor between the ends from which a logarithm shows more. */
const FACTOR = 2

/** By factors where there are any; a network that only corrects a good solution moves by per cents. */
function lossScale(values: readonly number[]): Scale {
  const range = positiveRange(values)
  if (!range || range.high / range.low >= FACTOR) return errorScale(values)
  const room = Math.max((range.high - range.low) / 10, range.high / 200)
  return linearScale(range.low - room, range.high + room)
}

const fromZero = (values: Float32Array): Scale => {
  const high = niceAbove(values.reduce((most, value) => Math.max(most, value), 1e-3))
  return linearScale(0, high, [0, high])
}

export interface Spot {
  readonly x: number
  readonly y: number
}

/** Where a series goes in its box: one piece for each stretch of measured values. */
export function traceOf(x: Float32Array, y: Float32Array, box: Box, steps: number, scale: Scale): Spot[][] {
  const pieces: Spot[][] = [[]]
  for (const [i, value] of y.entries()) {
    if (!Number.isFinite(value)) {
      if (pieces.at(-1)!.length > 0) pieces.push([])
      continue
    }
    pieces.at(-1)!.push({ x: xOf(x[i]!, box, steps), y: box.y + box.height * (1 - scale.at(value)) })
  }
  return pieces.filter((piece) => piece.length > 0)
}

const xOf = (step: number, box: Box, steps: number): number => box.x + (box.width * step) / Math.max(1, steps)

/** Index of the recorded step that is nearest to x in any panel; null beside them and before the first step. */
export function stepAt({ step }: TrainingRecord, layout: TrainingLayout, steps: number, x: number, y: number) {
  const boxes = [layout.loss, layout.bits, layout.entropy, layout.temperature]
  const box = boxes.find((b) => x >= b.x && x <= b.x + b.width && y >= b.y - TITLE && y <= b.y + b.height + GAP)
  if (!box || step.length === 0) return null
  const wanted = ((x - box.x) / box.width) * steps
  let nearest = 0
  for (const [i, value] of step.entries()) if (Math.abs(value - wanted) < Math.abs(step[nearest]! - wanted)) nearest = i
  return nearest
}

/** A step in words: the text alternative of the chart. */
export function trainingText(training: TrainingRecord, index: number, steps: number): string {
  const { step, loss, quantization, chosen, bits, entropy, temperature } = training
  if (step.length === 0) return 'No step recorded yet.'
  const projected = Number.isFinite(chosen[index]!) ? [`chosen ${formatError(chosen[index]!)}`] : []
  const facts = [
    `loss ${formatError(loss[index]!)}`,
    `quantization ${formatError(quantization[index]!)}`,
    ...projected,
    `mean bits ${bits[index]!.toFixed(3)}`,
    `entropy ${entropy[index]!.toFixed(2)} bits`,
    `temperature ${formatSetting(temperature[index]!)}`,
  ]
  return `Step ${step[index]} of ${steps}: ${facts.join(', ')}`
}

export function drawTraining(
  ctx: CanvasRenderingContext2D,
  training: TrainingRecord,
  { steps, target }: TrainingFrame,
  layout: TrainingLayout,
  cursor: number | null,
  theme: MapTheme,
): void {
  const scales = trainingScales(training, target)
  const line = (box: Box, values: Float32Array, scale: Scale, colour: string, width: number) =>
    stroke(ctx, traceOf(training.step, values, box, steps, scale), colour, width)
  const key = panel(ctx, layout.loss, scales.loss, scales.loss.kind === 'log' ? 'loss, log' : 'loss', theme)
  panel(ctx, layout.bits, scales.bits, target === null ? 'mean bits' : 'mean bits and target', theme)
  panel(ctx, layout.entropy, scales.entropy, 'entropy, bits', theme)
  panel(ctx, layout.temperature, scales.temperature, 'temperature τ', theme)

  drawKey(ctx, layout.loss, key, theme)
  line(layout.loss, training.loss, scales.loss, theme.muted, 1)
  line(layout.loss, training.quantization, scales.loss, theme.accent, 1.75)
  for (const spot of traceOf(training.step, training.chosen, layout.loss, steps, scales.loss).flat())
    dot(ctx, spot, theme.ink)
  if (target !== null) {
    const { x, y, width, height } = layout.bits
    stroke(
      ctx,
      [[x, x + width].map((at) => ({ x: at, y: y + height * (1 - scales.bits.at(target)) }))],
      theme.ink,
      1,
      [4, 3],
    )
  }
  line(layout.bits, training.bits, scales.bits, theme.accent, 1.5)
  line(layout.entropy, training.entropy, scales.entropy, theme.accent, 1.5)
  line(layout.temperature, training.temperature, scales.temperature, theme.accent, 1.5)

  const feet = [layout.loss, layout.temperature]
  for (const box of feet) drawSteps(ctx, box, steps, theme)
  if (cursor === null || training.step.length === 0) return
  for (const box of [layout.loss, layout.bits, layout.entropy, layout.temperature]) {
    ctx.fillStyle = theme.ink
    ctx.fillRect(Math.round(xOf(training.step[cursor]!, box, steps)), box.y, 1, box.height)
  }
}

/** Frame, guides and title of a panel; returns where the title ends. */
function panel(ctx: CanvasRenderingContext2D, box: Box, scale: Scale, title: string, theme: MapTheme): number {
  ctx.font = `11.5px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  ctx.fillStyle = theme.ink
  ctx.fillText(title, box.x, box.y - TITLE / 2)
  const end = box.x + ctx.measureText(title).width
  ctx.font = `10px ${theme.font}`
  ctx.textAlign = 'right'
  let free = Number.POSITIVE_INFINITY
  for (const tick of scale.ticks) {
    const y = Math.round(box.y + box.height * (1 - scale.at(tick)))
    ctx.fillStyle = theme.line
    ctx.fillRect(box.x, y, box.width, 1)
    if (free - y < 12) continue
    ctx.fillStyle = theme.muted
    ctx.fillText(formatSetting(tick), box.x - 7, y)
    free = y
  }
  ctx.fillStyle = theme.line
  ctx.fillRect(box.x, box.y + box.height, box.width, 1)
  return end
}

/** Which mark is which, after the title of the loss. */
function drawKey(ctx: CanvasRenderingContext2D, box: Box, from: number, theme: MapTheme): void {
  const y = box.y - TITLE / 2
  let x = from + 14
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'left'
  const entry = (text: string, mark: (at: number) => void) => {
    mark(x)
    ctx.fillStyle = theme.muted
    ctx.fillText(text, x + 18, y)
    x += ctx.measureText(text).width + 32
  }
  const sample = (colour: string, width: number) => (at: number) =>
    stroke(ctx, [[at, at + 13].map((end) => ({ x: end, y }))], colour, width)
  entry('whole', sample(theme.muted, 1))
  entry('of quantization', sample(theme.accent, 1.75))
  entry('at the exact budget', (at) => dot(ctx, { x: at + 7, y }, theme.ink))
}

function drawSteps(ctx: CanvasRenderingContext2D, box: Box, steps: number, theme: MapTheme): void {
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  for (const [share, align] of [
    [0, 'left'],
    [0.5, 'center'],
    [1, 'right'],
  ] as const) {
    ctx.textAlign = align
    const text = share === 0 ? 'step 0' : String(Math.round(steps * share))
    ctx.fillText(text, box.x + box.width * share, box.y + box.height + AXIS / 2 + 2)
  }
}

function stroke(
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

function dot(ctx: CanvasRenderingContext2D, { x, y }: Spot, colour: string): void {
  ctx.fillStyle = colour
  ctx.beginPath()
  ctx.arc(x, y, 2.5, 0, 2 * Math.PI)
  ctx.fill()
}

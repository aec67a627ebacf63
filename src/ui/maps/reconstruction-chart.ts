import type { ReconstructionRecord } from '../../records'
import { formatError, formatPercent, formatTenths } from '../format'
import { reconstructionWords as words } from '../words/learning'
import type { MapTheme } from './colour'
import { linearScale } from './scale'
import {
  type Box,
  dot,
  drawKey,
  drawLevel,
  drawPanel,
  drawSteps,
  drawUpright,
  fromZero,
  LEVEL_DASH,
  lineMark,
  lossScale,
  MARGIN,
  nearestStep,
  panelBox,
  type Spot,
  stroke,
  traceOf,
} from './series'

/** Panels one under the other, so that what a round does to the loss stands over the round. */
export interface ReconstructionLayout {
  readonly loss: Box
  /** Null where no roundings are learned. */
  readonly soft: Box | null
  /** Null where codes are not counted. */
  readonly flips: Box | null
  readonly height: number
}

const LOSS = 112
const SMALL = 40
/** Counts up to which each has a dot. */
const DOTS = 40

export function layoutReconstruction(record: ReconstructionRecord, width: number): ReconstructionLayout {
  const { title, axis, gap } = MARGIN
  const wanted = [LOSS, measured(record.soft) ? SMALL : 0, measured(record.flips) ? SMALL : 0]
  let bottom = -gap
  const boxes = wanted.map((height) => {
    if (height === 0) return null
    const box = panelBox(0, bottom + gap, width, height)
    bottom += gap + title + height
    return box
  })
  return { loss: boxes[0]!, soft: boxes[1]!, flips: boxes[2]!, height: bottom + axis }
}

const measured = (values: Float32Array): boolean => values.some(Number.isFinite)

const panelsOf = ({ loss, soft, flips }: ReconstructionLayout): Box[] =>
  [loss, soft, flips].filter((box) => box !== null)

/** Index of the recorded step that the pointer means. */
export const stepAt = (
  { step }: ReconstructionRecord,
  layout: ReconstructionLayout,
  steps: number,
  x: number,
  y: number,
) => nearestStep(step, panelsOf(layout), steps, x, y)

/** Recorded steps with which the soft part fell: each begins a round. */
export function roundsOf({ step, soft }: ReconstructionRecord): number[] {
  const rounds: number[] = []
  let before = Number.NaN
  for (const [i, part] of soft.entries()) {
    if (part < before) rounds.push(step[i]!)
    if (Number.isFinite(part)) before = part
  }
  return rounds
}

/** Index of the lowest loss; null where there is none. */
export function lowestOf({ loss }: ReconstructionRecord): number | null {
  let lowest: number | null = null
  for (const [i, value] of loss.entries())
    if (Number.isFinite(value) && (lowest === null || value < loss[lowest]!)) lowest = i
  return lowest
}

/** What holds until it changes goes from one level to the next without a slope. */
export const stairs = (piece: readonly Spot[]): Spot[] =>
  piece.flatMap((spot, i) => (i === 0 ? [spot] : [{ x: spot.x, y: piece[i - 1]!.y }, spot]))

/** A step in words: the text alternative of the chart. */
export function reconstructionText(record: ReconstructionRecord, index: number, steps: number): string {
  const { step, loss, soft, flips } = record
  if (step.length === 0) return words.none
  const lowest = lowestOf(record)
  const counted = flips.subarray(0, index + 1).findLast(Number.isFinite)
  const facts = [
    Number.isFinite(loss[index]!) ? words.loss(formatError(loss[index]!)) : words.noLoss,
    ...(Number.isFinite(soft[index]!) ? [words.soft(formatTenths(soft[index]!))] : []),
    ...(counted === undefined ? [] : [words.flips(formatTenths(counted))]),
  ]
  const best =
    lowest === null || lowest === index ? '' : `; ${words.lowestLoss(formatError(loss[lowest]!), step[lowest]!)}`
  return `${words.step(step[index]!, steps, facts)}${best}`
}

export function drawReconstruction(
  ctx: CanvasRenderingContext2D,
  record: ReconstructionRecord,
  steps: number,
  layout: ReconstructionLayout,
  cursor: number | null,
  theme: MapTheme,
): void {
  const { step, loss, soft, flips } = record
  const panels = panelsOf(layout)
  const scale = lossScale([...loss])
  const title = words.axis.loss[scale.kind]
  const end = drawPanel(ctx, layout.loss, scale, title, theme)
  if (layout.soft) drawPanel(ctx, layout.soft, linearScale(0, 1, [0, 0.5, 1]), words.axis.soft, theme, formatPercent)
  const flipScale = fromZero(flips, 0.01)
  if (layout.flips) drawPanel(ctx, layout.flips, flipScale, words.axis.flips, theme, formatPercent)

  for (const round of roundsOf(record)) for (const box of panels) drawUpright(ctx, box, round, steps, theme.line)
  const lowest = lowestOf(record)
  if (lowest !== null) {
    drawLevel(ctx, layout.loss, loss[lowest]!, scale, theme.muted)
    const text = words.lowest(formatError(loss[lowest]!), step[lowest]!)
    drawKey(ctx, layout.loss, end, [[text, lineMark(theme.muted, 1, LEVEL_DASH)]], theme)
  }
  stroke(ctx, traceOf(step, loss, layout.loss, steps, scale), theme.accent, 1.5)
  if (layout.soft)
    stroke(ctx, traceOf(step, soft, layout.soft, steps, linearScale(0, 1)).map(stairs), theme.accent, 1.5)
  if (layout.flips) {
    // counted now and then: what lies between is no gap
    const counts = traceOf(step, flips, layout.flips, steps, flipScale).flat()
    stroke(ctx, [counts], theme.accent, 1.5)
    if (counts.length <= DOTS) for (const count of counts) dot(ctx, count, theme.accent)
  }

  drawSteps(ctx, panels.at(-1)!, steps, theme)
  if (cursor === null || step.length === 0) return
  for (const box of panels) drawUpright(ctx, box, step[cursor]!, steps, theme.ink)
}

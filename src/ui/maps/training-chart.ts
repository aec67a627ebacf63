import type { TrainingRecord } from '../../records'
import { formatError, formatSetting } from '../format'
import { trainingWords as words } from '../words/learning'
import type { MapTheme } from './colour'
import { linearScale, type Scale } from './scale'
import {
  type Box,
  dot,
  drawKey,
  drawLevel,
  drawPanel,
  drawSteps,
  drawUpright,
  fromZero,
  type KeyEntry,
  lineMark,
  lossScale,
  MARGIN,
  nearestStep,
  panelBox,
  stroke,
  traceOf,
} from './series'

/** What a chart of learning knows beside the record. */
export interface TrainingFrame {
  /** Steps there will be: the axis is theirs from the first one on. */
  readonly steps: number
  /** Mean width asked for; null where there is none for this layer alone. */
  readonly target: number | null
}

export interface TrainingLayout {
  readonly loss: Box
  readonly bits: Box
  readonly entropy: Box
  readonly temperature: Box
  readonly height: number
}

const SMALL = 40
/** Width from which the small panels stand beside the loss. */
const WIDE = 620

export function layoutTraining(width: number): TrainingLayout {
  const { title, axis, gap } = MARGIN
  const small = SMALL + title + gap
  const beside = width >= WIDE
  const half = beside ? Math.floor(width / 2) : width
  const tall = 3 * small - title - gap
  const top = beside ? 0 : tall + title + axis + gap
  const strip = (index: number) =>
    panelBox(beside ? half : 0, top + index * small, beside ? width - half : width, SMALL)
  return {
    ...{ loss: panelBox(0, 0, half, tall), bits: strip(0), entropy: strip(1), temperature: strip(2) },
    height: top + 3 * small - gap + axis,
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
    entropy: fromZero(entropy, 1e-3),
    temperature: fromZero(temperature, 1e-3),
  }
}

const panelsOf = ({ loss, bits, entropy, temperature }: TrainingLayout): Box[] => [loss, bits, entropy, temperature]

/** Index of the recorded step that the pointer means. */
export const stepAt = ({ step }: TrainingRecord, layout: TrainingLayout, steps: number, x: number, y: number) =>
  nearestStep(step, panelsOf(layout), steps, x, y)

/** A step in words: the text alternative of the chart. */
export function trainingText(training: TrainingRecord, index: number, steps: number): string {
  const { step, loss, quantization, chosen, bits, entropy, temperature } = training
  if (step.length === 0) return words.none
  const projected = Number.isFinite(chosen[index]!) ? [words.chosen(formatError(chosen[index]!))] : []
  const facts = [
    words.loss(formatError(loss[index]!)),
    words.quantization(formatError(quantization[index]!)),
    ...projected,
    words.bits(bits[index]!.toFixed(3)),
    words.entropy(entropy[index]!.toFixed(2)),
    words.temperature(formatSetting(temperature[index]!)),
  ]
  return words.step(step[index]!, steps, facts)
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
  const key = drawPanel(ctx, layout.loss, scales.loss, words.axis.loss[scales.loss.kind], theme)
  drawPanel(ctx, layout.bits, scales.bits, target === null ? words.axis.bits : words.axis.bitsAndTarget, theme)
  drawPanel(ctx, layout.entropy, scales.entropy, words.axis.entropy, theme)
  drawPanel(ctx, layout.temperature, scales.temperature, words.axis.temperature, theme)

  const marks: KeyEntry[] = [
    [words.key.whole, lineMark(theme.muted, 1)],
    [words.key.quantization, lineMark(theme.accent, 1.75)],
    [words.key.chosen, (_, x, y) => dot(ctx, { x: x + 7, y }, theme.ink)],
  ]
  drawKey(ctx, layout.loss, key, marks, theme)
  line(layout.loss, training.loss, scales.loss, theme.muted, 1)
  line(layout.loss, training.quantization, scales.loss, theme.accent, 1.75)
  for (const spot of traceOf(training.step, training.chosen, layout.loss, steps, scales.loss).flat())
    dot(ctx, spot, theme.ink)
  if (target !== null) drawLevel(ctx, layout.bits, target, scales.bits, theme.ink)
  line(layout.bits, training.bits, scales.bits, theme.accent, 1.5)
  line(layout.entropy, training.entropy, scales.entropy, theme.accent, 1.5)
  line(layout.temperature, training.temperature, scales.temperature, theme.accent, 1.5)

  for (const box of [layout.loss, layout.temperature]) drawSteps(ctx, box, steps, theme)
  if (cursor === null || training.step.length === 0) return
  for (const box of panelsOf(layout)) drawUpright(ctx, box, training.step[cursor]!, steps, theme.ink)
}

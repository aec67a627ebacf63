import type { DivergenceReport } from '../../measurement-records'
import { formatError, formatNumber, formatPercent, formatSetting } from '../format'
import { divergenceWords as words } from '../words/divergence'
import type { MapTheme } from './colour'
import { linearScale, niceAbove, niceTicks, type Scale } from './scale'
import { type Box, drawKey, drawPanel, LEVEL_DASH, lineMark, MARGIN, panelBox, type Spot, stroke } from './series'

const HEIGHT = 132
/** Room for the ticks of an axis, and for what it measures below them. */
const AXIS = 34
const SIDE_BY_SIDE = 620
const BETWEEN = 28

export interface DivergenceLayout {
  readonly histogram: Box
  readonly positions: Box
  readonly height: number
}

/** Both panels side by side where there is room, else stacked. */
export function layoutDivergence(width: number): DivergenceLayout {
  const panel = MARGIN.title + HEIGHT + AXIS
  const half = (width - BETWEEN) / 2
  if (width >= SIDE_BY_SIDE)
    return {
      histogram: panelBox(0, 0, half, HEIGHT),
      positions: panelBox(half + BETWEEN, 0, half, HEIGHT),
      height: panel,
    }
  return {
    histogram: panelBox(0, 0, width, HEIGHT),
    positions: panelBox(0, panel + MARGIN.gap, width, HEIGHT),
    height: 2 * panel + MARGIN.gap,
  }
}

/** The steps of the histogram that hold anything, with one beside them: [first, last). */
function filled({ counts }: DivergenceReport['histogram']): [number, number] {
  const first = counts.findIndex((count) => count > 0)
  const last = counts.findLastIndex((count) => count > 0)
  return [Math.max(0, first - 1), Math.min(counts.length, last + 2)]
}

export function drawDivergence(
  ctx: CanvasRenderingContext2D,
  report: DivergenceReport,
  layout: DivergenceLayout,
  cursor: number | null,
  theme: MapTheme,
): void {
  drawHistogram(ctx, report, layout.histogram, cursor, theme)
  drawPositions(ctx, report, layout.positions, theme)
}

function drawHistogram(
  ctx: CanvasRenderingContext2D,
  { histogram, kl, tokens }: DivergenceReport,
  box: Box,
  cursor: number | null,
  theme: MapTheme,
): void {
  const { counts, from, to } = histogram
  const [first, last] = filled(histogram)
  const decades = (to - from) / counts.length
  const low = from + first * decades
  const high = from + last * decades
  const x = (decade: number) => box.x + box.width * ((decade - low) / (high - low))
  const y = linearScale(0, niceAbove(Math.max(...counts) / tokens))
  const end = drawPanel(ctx, box, y, words.histogram, theme, formatPercent)
  for (let step = first; step < last; step++) {
    const height = box.height * y.at(counts[step]! / tokens)
    const left = x(from + step * decades)
    const width = x(from + (step + 1) * decades) - left
    ctx.fillStyle = step === cursor ? theme.accent : theme.laneMean
    ctx.fillRect(left + 0.5, box.y + box.height - height, Math.max(1, width - 1), height)
  }
  const marks = [
    [words.mean, kl.mean, theme.ink, [] as number[]],
    [words.p99, kl.p99, theme.ink, LEVEL_DASH],
  ] as const
  for (const [, value, colour, dash] of marks) {
    const at = x(Math.log10(Math.max(value, 10 ** low)))
    stroke(ctx, [[box.y, box.y + box.height].map((end) => ({ x: at, y: end }))], colour, 1, [...dash])
  }
  drawKey(
    ctx,
    box,
    end,
    marks.map(([name, , colour, dash]) => [name, lineMark(colour, 1, [...dash])] as const),
    theme,
  )
  axis(ctx, box, words.histogramAxis, theme)
  ctx.textAlign = 'center'
  for (let decade = Math.ceil(low - 1e-9); decade <= high + 1e-9; decade++)
    ctx.fillText(formatSetting(10 ** decade), x(decade), box.y + box.height + MARGIN.axis / 2 + 2)
}

function drawPositions(
  ctx: CanvasRenderingContext2D,
  { original, quantized }: DivergenceReport,
  box: Box,
  theme: MapTheme,
): void {
  const all = [...original.positions, ...quantized.positions].map(({ nll }) => nll)
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const room = Math.max((most - least) / 12, 0.02)
  const y = linearScale(least - room, most + room, niceTicks(least - room, most + room))
  const end = drawPanel(ctx, box, y, words.positions, theme)
  const [first, last] = [original.positions[0]!.from, original.positions.at(-1)!.to]
  const x = positionScale(first, last)
  const spots = (of: typeof original): Spot[] =>
    of.positions.map(({ from, to, nll }) => ({
      x: box.x + box.width * x.at(Math.sqrt(from * to)),
      y: box.y + box.height * (1 - y.at(nll)),
    }))
  stroke(ctx, [spots(original)], theme.muted, 1.5, LEVEL_DASH)
  stroke(ctx, [spots(quantized)], theme.accent, 1.5)
  drawKey(
    ctx,
    box,
    end,
    [
      [words.quantized, lineMark(theme.accent, 1.5)],
      [words.original, lineMark(theme.muted, 1.5, LEVEL_DASH)],
    ],
    theme,
  )
  axis(ctx, box, words.positionsAxis, theme)
  ctx.textAlign = 'center'
  for (const tick of x.ticks) {
    ctx.fillText(String(tick), box.x + box.width * x.at(tick), box.y + box.height + MARGIN.axis / 2 + 2)
  }
}

/** Positions by factors of four. */
function positionScale(first: number, last: number): Scale {
  const low = Math.max(1, first)
  const span = Math.log(last / low) || 1
  const ticks: number[] = []
  for (let tick = 4 ** Math.ceil(Math.log(low) / Math.log(4) - 1e-9); tick <= last; tick *= 4) ticks.push(tick)
  const at = (value: number) => Math.min(1, Math.max(0, Math.log(value / low) / span))
  return { kind: 'log', low, high: last, ticks: ticks.length > 1 ? ticks : [low, last], at }
}

function axis(ctx: CanvasRenderingContext2D, box: Box, name: string, theme: MapTheme): void {
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'center'
  ctx.fillText(name, box.x + box.width / 2, box.y + box.height + AXIS - 8)
}

/** Index of the histogram's step under the pointer; null beside it. */
export function stepAt({ histogram }: DivergenceReport, { histogram: box }: DivergenceLayout, x: number, y: number) {
  if (x < box.x || x >= box.x + box.width || y < box.y || y > box.y + box.height) return null
  const [first, last] = filled(histogram)
  return first + Math.floor(((x - box.x) / box.width) * (last - first))
}

/** A step in words, or the whole: the text alternative of the chart. */
export function divergenceText({ histogram, kl, tokens, topAgreement }: DivergenceReport, step: number | null): string {
  if (step === null)
    return words.whole(
      formatError(kl.mean),
      formatError(kl.median),
      formatError(kl.p99),
      formatNumber(100 * topAgreement.value, 1),
    )
  const { counts, from, to } = histogram
  const decades = (to - from) / counts.length
  const edge = (at: number) => formatError(10 ** (from + at * decades))
  const share = (100 * counts[step]!) / tokens
  return words.step(step === 0 ? null : edge(step), edge(step + 1), counts[step]!, formatNumber(share, 2))
}

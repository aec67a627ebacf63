import { byWork, figures } from '../../state/benchmark'
import type { BenchmarkRow } from '../../workers/api'
import { formatNumber } from '../format'
import { growthWords } from '../words/benchmark'
import type { MapTheme } from './colour'
import { errorScale, logScale, type Scale } from './scale'
import { type Box, dot, drawPanel, MARGIN, panelBox, type Spot, stroke } from './series'

const HEIGHT = 260
/** Width from which the names of works stand beside their lines, and what they take of it. */
const ROOMY = 760
const NAMES = 300
const NAME_HEIGHT = 13

export interface GrowthLine {
  readonly work: string
  readonly rows: readonly BenchmarkRow[]
  readonly spots: readonly Spot[]
}

export interface GrowthLayout {
  readonly box: Box
  readonly y: Scale
  /** Where each size lies. */
  readonly sizes: readonly { readonly n: number; readonly x: number }[]
  readonly lines: readonly GrowthLine[]
  /** Whether there is room for names. */
  readonly named: boolean
  readonly height: number
}

/** Time over size, both by factors: a line a work, so that a slope is a power of n. */
export function layoutGrowth(rows: readonly BenchmarkRow[], width: number): GrowthLayout {
  const named = width >= ROOMY
  const box = panelBox(0, 0, named ? width - NAMES : width, HEIGHT)
  const y = errorScale(rows.map(({ ms }) => ms))
  const sizes = [...new Set(rows.map(({ n }) => n))].sort((a, b) => a - b)
  const x = logScale(sizes[0] ?? 1, sizes.at(-1) ?? 1)
  const xOf = (n: number) => box.x + 6 + (box.width - 12) * (sizes.length > 1 ? x.at(n) : 0.5)
  return {
    ...{ box, y, named, height: MARGIN.title + HEIGHT + MARGIN.axis },
    sizes: sizes.map((n) => ({ n, x: xOf(n) })),
    lines: byWork(rows).map(([work, own]) => {
      const ordered = [...own].sort((a, b) => a.n - b.n)
      const spots = ordered.map(({ n, ms }) => ({ x: xOf(n), y: box.y + box.height * (1 - y.at(ms)) }))
      return { work, rows: ordered, spots }
    }),
  }
}

/** A line and a size on it. */
export interface GrowthCursor {
  readonly line: number
  readonly point: number
}

/** How near the pointer must be, in pixels. */
const NEAR = 16

export function growthAt({ lines }: GrowthLayout, x: number, y: number): GrowthCursor | null {
  let found: GrowthCursor | null = null
  let least = NEAR
  for (const [line, { spots }] of lines.entries())
    for (const [point, spot] of spots.entries()) {
      const away = Math.hypot(spot.x - x, spot.y - y)
      if (away < least) [found, least] = [{ line, point }, away]
    }
  return found
}

/** Up and down to another work, left and right to another size; null for keys that do not move. */
export function walkGrowth({ lines }: GrowthLayout, at: GrowthCursor | null, key: string): GrowthCursor | null {
  const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key]
  if (!move || lines.length === 0) return null
  if (!at) return { line: 0, point: 0 }
  const line = Math.min(lines.length - 1, Math.max(0, at.line + move[0]!))
  return { line, point: Math.min(lines[line]!.rows.length - 1, Math.max(0, at.point + move[1]!)) }
}

/** A measurement in words, with the power by which its time grows from the size before; or the whole. */
export function growthText({ lines, sizes }: GrowthLayout, at: GrowthCursor | null): string {
  if (!at) return growthWords.whole(lines.length, sizes.length)
  const { work, rows } = lines[at.line]!
  const { n, ms, gflops, gbPerSecond } = rows[at.point]!
  const before = rows[at.point - 1]
  const power = before && Math.log(ms / before.ms) / Math.log(n / before.n)
  const point = growthWords.point(work, n, figures(ms), gflops > 0 ? figures(gflops) : null, figures(gbPerSecond))
  return power === undefined ? point : `${point}; ${growthWords.power(before!.n, formatNumber(power, 1))}`
}

export function drawGrowth(
  ctx: CanvasRenderingContext2D,
  layout: GrowthLayout,
  cursor: GrowthCursor | null,
  theme: MapTheme,
): void {
  const { box, y, lines, named } = layout
  drawPanel(ctx, box, y, growthWords.axis, theme, String)
  drawSizes(ctx, layout, theme)
  const strong = cursor?.line
  for (const [i, { spots }] of lines.entries()) if (i !== strong) drawLine(ctx, spots, theme.laneMax, 1)
  if (strong !== undefined) drawLine(ctx, lines[strong]!.spots, theme.accent, 2)
  if (named) drawNames(ctx, layout, strong, theme)
  if (!cursor) return
  const spot = lines[cursor.line]!.spots[cursor.point]!
  ctx.strokeStyle = theme.ink
  ctx.lineWidth = 1.5
  ctx.beginPath()
  ctx.arc(spot.x, spot.y, 5, 0, 2 * Math.PI)
  ctx.stroke()
}

function drawLine(ctx: CanvasRenderingContext2D, spots: readonly Spot[], colour: string, width: number): void {
  stroke(ctx, [spots], colour, width)
  for (const spot of spots) dot(ctx, spot, colour)
}

function drawSizes(ctx: CanvasRenderingContext2D, { box, sizes }: GrowthLayout, theme: MapTheme): void {
  ctx.font = `11px ${theme.font}`
  const below = box.y + box.height + MARGIN.axis / 2 + 2
  let free = 0
  for (const { n, x } of sizes) {
    ctx.fillStyle = theme.line
    ctx.fillRect(Math.round(x), box.y, 1, box.height)
    const half = ctx.measureText(String(n)).width / 2
    const at = Math.min(x, box.x + box.width - half)
    if (at - half < free) continue
    ctx.fillStyle = theme.muted
    ctx.textAlign = 'center'
    ctx.fillText(String(n), at, below)
    free = at + half + 8
  }
  ctx.textAlign = 'right'
  ctx.fillText('n', box.x - 7, below)
}

/**
 * Names beside the lines that reach the largest size, tied to them; a line that ends before has its name at its end. They are
 * pushed apart where they would cover each other.
 */
function drawNames(
  ctx: CanvasRenderingContext2D,
  { box, lines, sizes }: GrowthLayout,
  strong: number | undefined,
  theme: MapTheme,
): void {
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  const ends = lines.map(({ work, spots }, line) => ({ work, chosen: line === strong, end: spots.at(-1)! }))
  for (const size of sizes) {
    const here = ends.filter(({ end }) => end.x === size.x).sort((a, b) => a.end.y - b.end.y)
    const places = spread(
      here.map(({ end }) => end.y),
      NAME_HEIGHT,
      box.y + box.height,
    )
    const beside = size === sizes.at(-1)
    const x = beside ? box.x + box.width + 24 : size.x + 10
    for (const [i, { work, chosen, end }] of here.entries()) {
      const y = places[i]!
      const tie = [
        { x: end.x + 5, y: end.y },
        { x: x - 5, y },
      ]
      if (beside) stroke(ctx, [tie], chosen ? theme.accent : theme.line, 1)
      ctx.font = `${chosen ? '600 ' : ''}11px ${theme.font}`
      ctx.fillStyle = chosen ? theme.accent : theme.muted
      ctx.fillText(fitted(ctx, work, NAMES - 28), x, y)
    }
  }
}

/** Places at least `gap` apart, in the order given, as near to what is wanted as going down and back up once makes them. */
export function spread(wanted: readonly number[], gap: number, bottom: number): number[] {
  const places: number[] = []
  for (const y of wanted) places.push(Math.max(y, (places.at(-1) ?? Number.NEGATIVE_INFINITY) + gap))
  let limit = bottom
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i]!, limit)
    limit = places[i]! - gap
  }
  return places
}

function fitted(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text
  let end = text.length
  while (end > 1 && ctx.measureText(`${text.slice(0, end)}…`).width > width) end--
  return `${text.slice(0, end).trimEnd()}…`
}

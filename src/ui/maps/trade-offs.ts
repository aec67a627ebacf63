import { costOf, type TradeOff, type TradeOffs } from '../../state/trade-offs'
import { formatBytes, formatNumber } from '../format'
import { tradeOffWords as words } from '../words/trade-off'
import type { MapTheme } from './colour'
import { linearScale, niceTicks, type Scale } from './scale'
import {
  type Box,
  dot,
  drawKey,
  drawLevel,
  drawPanel,
  LEVEL_DASH,
  lineMark,
  lossScale,
  MARGIN,
  panelBox,
  type Spot,
  stroke,
} from './series'

const HEIGHT = 180
/** Of more runs than this only those of the front have their numbers beside them. */
const MOST_NUMBERED = 40

export interface TradeOffLayout {
  readonly box: Box
  readonly x: Scale
  readonly y: Scale
  readonly height: number
}

export function layoutTradeOffs({ points, original, cost }: TradeOffs, width: number): TradeOffLayout {
  const box = panelBox(0, 0, width, HEIGHT)
  const costs = points.map((point) => costOf(point, cost))
  const [least, most] = [Math.min(...costs), Math.max(...costs)]
  const room = Math.max(cost === 'bytes' ? most / 50 : 0.1, (most - least) / 12)
  const values = [...points.map(({ perplexity }) => perplexity), ...(original === null ? [] : [original])]
  return {
    ...{ box, y: lossScale(values), height: MARGIN.title + HEIGHT + MARGIN.axis },
    x: linearScale(least - room, most + room),
  }
}

const spotOf = (point: TradeOff, { cost }: TradeOffs, { box, x, y }: TradeOffLayout): Spot => ({
  x: box.x + box.width * x.at(costOf(point, cost)),
  y: box.y + box.height * (1 - y.at(point.perplexity)),
})

/** How near the pointer must be, in pixels. */
const NEAR = 14

/** Index of the point under the pointer; null where none is near. */
export function pointAt(found: TradeOffs, layout: TradeOffLayout, x: number, y: number): number | null {
  let nearest: number | null = null
  let least = NEAR
  for (const [i, point] of found.points.entries()) {
    const spot = spotOf(point, found, layout)
    const away = Math.hypot(spot.x - x, spot.y - y)
    if (away <= least) [nearest, least] = [i, away]
  }
  return nearest
}

/** A run in words, or the front: the text alternative of the chart. */
export function tradeOffText({ points, original, cost = 'bits' }: TradeOffs, index: number | null): string {
  const told = ({ run, label, bits, bytes, perplexity }: TradeOff) =>
    words.run(
      run,
      label,
      formatNumber(bits, 3),
      cost === 'bytes' ? formatBytes(bytes ?? 0) : null,
      formatNumber(perplexity, 2),
    )
  if (index === null) return words.front(cost, points.filter(({ best }) => best).map(told))
  const point = points[index]!
  const times = original === null ? '' : `, ${words.times(formatNumber(point.perplexity / original, 3))}`
  const text = told(point)
  return `${text[0]!.toUpperCase()}${text.slice(1)}${times}${point.best ? `; ${words.costs[cost].unbeaten}` : ''}`
}

export function drawTradeOffs(
  ctx: CanvasRenderingContext2D,
  found: TradeOffs,
  layout: TradeOffLayout,
  cursor: number | null,
  theme: MapTheme,
): void {
  const { points, original, cost = 'bits' } = found
  const { box, x, y } = layout
  const end = drawPanel(ctx, box, y, words.axis[y.kind], theme)
  if (original !== null) drawLevel(ctx, box, original, y, theme.muted)
  drawKey(
    ctx,
    box,
    end,
    [
      [words.costs[cost].best, lineMark(theme.accent, 1.5)],
      ...(original === null ? [] : [[words.original, lineMark(theme.muted, 1, LEVEL_DASH)] as const]),
    ],
    theme,
  )
  drawCosts(ctx, box, x, cost, theme)
  stroke(
    ctx,
    [
      stairs(
        points.filter(({ best }) => best).map((point) => spotOf(point, found, layout)),
        box,
      ),
    ],
    theme.accent,
    1.5,
  )
  const spots = points.map((point) => spotOf(point, found, layout))
  const colourOf = (i: number) => (i === cursor ? theme.ink : points[i]!.best ? theme.accent : theme.muted)
  for (const [i, spot] of spots.entries()) dot(ctx, spot, colourOf(i))
  ctx.font = `11px ${theme.font}`
  ctx.textBaseline = 'middle'
  const taken: Spot[] = []
  for (const i of byRank(points, cursor)) {
    const spot = spots[i]!
    const number = String(points[i]!.run)
    ctx.textAlign = spot.x > box.x + box.width - 24 ? 'right' : 'left'
    const at = {
      x: spot.x + (ctx.textAlign === 'right' ? -6 : 6),
      y: spot.y + (spot.y < box.y + 12 ? 9 : -7),
    }
    // seeds of one recipe lie on each other: the number of the best of them is the one to read
    if (
      taken.some(({ x: left, y: top }) => Math.abs(left - at.x) < NUMBER.width && Math.abs(top - at.y) < NUMBER.height)
    )
      continue
    taken.push(at)
    ctx.fillStyle = colourOf(i)
    ctx.fillText(number, at.x, at.y)
  }
  const pointed = cursor === null ? undefined : spots[cursor]
  if (!pointed) return
  ctx.strokeStyle = theme.ink
  ctx.lineWidth = 1.5
  ctx.beginPath()
  ctx.arc(pointed.x, pointed.y, 6, 0, 2 * Math.PI)
  ctx.stroke()
}

/** Room that a number takes, in pixels. */
const NUMBER = { width: 20, height: 11 }

/** Indices of the points whose numbers are to be read, the one pointed at and those of the front first. */
function byRank(points: readonly TradeOff[], cursor: number | null): number[] {
  const rank = (i: number) => (i === cursor ? 0 : points[i]!.best ? 1 : 2)
  const all = [...points.keys()].sort((a, b) => rank(a) - rank(b))
  return points.length > MOST_NUMBERED ? all.filter((i) => rank(i) < 2) : all
}

/** What is reached holds for all who have more bits: level to the next better point, and to the edge. */
function stairs(front: readonly Spot[], box: Box): Spot[] {
  const line = front.flatMap((spot, i) => (i === 0 ? [spot] : [{ x: spot.x, y: front[i - 1]!.y }, spot]))
  const last = front.at(-1)
  return last ? [...line, { x: box.x + box.width, y: last.y }] : line
}

function drawCosts(
  ctx: CanvasRenderingContext2D,
  box: Box,
  scale: Scale,
  cost: NonNullable<TradeOffs['cost']>,
  theme: MapTheme,
): void {
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  ctx.textAlign = 'center'
  for (const tick of niceTicks(scale.low, scale.high, 6))
    ctx.fillText(
      cost === 'bytes' ? formatBytes(tick) : String(tick),
      box.x + box.width * scale.at(tick),
      box.y + box.height + MARGIN.axis / 2 + 2,
    )
  ctx.textAlign = 'right'
  ctx.fillText(words.costs[cost].axis, box.x - 8, box.y + box.height + MARGIN.axis / 2 + 2)
}

import type { TensorStatistics } from '../../file-records'
import { formatInteger, formatSetting } from '../format'
import { tensorWords } from '../words/view'
import type { MapTheme } from './colour'
import { niceTicks } from './scale'

export interface Bar {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** The bars between the least and the greatest value. */
export function barsOf({ reach, counts }: TensorStatistics['histogram']): Bar[] {
  const first = counts.findIndex((count) => count > 0)
  const last = counts.findLastIndex((count) => count > 0)
  if (first < 0) return []
  const step = (2 * reach) / counts.length
  return counts.slice(first, last + 1).map((count, i) => ({
    ...{ from: -reach + (first + i) * step, to: -reach + (first + i + 1) * step, count },
  }))
}

export const HISTOGRAM_HEIGHT = 120
const AXIS = 20
const LEFT = 64
const RIGHT = 8

export function barAt(bars: readonly Bar[], x: number, width: number): number | null {
  const at = Math.floor(((x - LEFT) / Math.max(1, width - LEFT - RIGHT)) * bars.length)
  return at >= 0 && at < bars.length ? at : null
}

export function barText(bars: readonly Bar[], cursor: number | null): string | null {
  const bar = cursor === null ? undefined : bars[cursor]
  return bar ? tensorWords.bar(formatSetting(bar.from), formatSetting(bar.to), bar.count) : null
}

/** Heights are logarithms, so that a lone outlier is seen beside millions. */
export function drawHistogram(
  ctx: CanvasRenderingContext2D,
  bars: readonly Bar[],
  width: number,
  cursor: number | null,
  theme: MapTheme,
): void {
  const plot = Math.max(1, width - LEFT - RIGHT)
  const floor = HISTOGRAM_HEIGHT - AXIS
  const most = Math.max(1, ...bars.map(({ count }) => count))
  const heightOf = (count: number) =>
    count === 0 ? 0 : Math.max(2, (Math.log1p(count) / Math.log1p(most)) * (floor - 6))
  const xOf = (index: number) => LEFT + (index * plot) / bars.length
  for (const [i, { count }] of bars.entries()) {
    ctx.fillStyle = i === cursor ? theme.accent : theme.laneMean
    const x = Math.round(xOf(i))
    ctx.fillRect(
      x,
      floor - heightOf(count),
      Math.max(1, Math.round(xOf(i + 1)) - x - (plot / bars.length > 4 ? 1 : 0)),
      heightOf(count),
    )
  }
  ctx.fillStyle = theme.line
  ctx.fillRect(LEFT, floor, plot, 1)
  ctx.font = `11px ${theme.font}`
  ctx.fillStyle = theme.muted
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'right'
  ctx.fillText(formatInteger(most), LEFT - 8, 8)
  ctx.fillText(tensorWords.axis.count, LEFT - 8, floor - 6)
  const [low, high] = [bars[0]?.from ?? 0, bars.at(-1)?.to ?? 1]
  ctx.textAlign = 'center'
  let free = LEFT
  for (const tick of niceTicks(low, high, Math.max(2, Math.floor(plot / 90)))) {
    const x = LEFT + ((tick - low) / (high - low || 1)) * plot
    const half = ctx.measureText(formatSetting(tick)).width / 2
    if (x - half < free || x + half > width) continue
    ctx.fillText(formatSetting(tick), x, floor + AXIS / 2 + 2)
    free = x + half + 8
  }
}

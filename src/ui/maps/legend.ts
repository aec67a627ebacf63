import type { MapTheme, Ramp } from './colour'
import type { Scale } from './scale'

export const LEGEND_WIDTH = 232
export const LEGEND_HEIGHT = 34

/** A ramp with its ticks, the same on the page and in the exported picture. */
export function drawLegend(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  ramp: Ramp,
  scale: Scale,
  format: (value: number) => string,
  theme: MapTheme,
): void {
  const width = LEGEND_WIDTH - 32
  const left = x + 16
  for (let i = 0; i < width; i++) {
    const value =
      scale.kind === 'log'
        ? scale.low * (scale.high / scale.low) ** (i / width)
        : scale.low + ((scale.high - scale.low) * i) / width
    ctx.fillStyle = ramp.css(scale.at(value))
    ctx.fillRect(left + i, y, 1.5, 10)
  }
  ctx.fillStyle = theme.muted
  ctx.font = `11px ${theme.font}`
  ctx.textBaseline = 'top'
  ctx.textAlign = 'center'
  let free = Number.NEGATIVE_INFINITY
  for (const tick of scale.ticks) {
    const t =
      scale.kind === 'log'
        ? Math.log(tick / scale.low) / Math.log(scale.high / scale.low)
        : (tick - scale.low) / (scale.high - scale.low)
    const at = left + t * width
    ctx.fillRect(Math.round(at), y + 10, 1, 4)
    const text = format(tick)
    const half = ctx.measureText(text).width / 2
    if (at - half < free) continue
    ctx.fillText(text, at, y + 17)
    free = at + half + 6
  }
}

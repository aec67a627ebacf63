import type { WeightWindow } from '../../workers/api'
import { formatSetting } from '../format'
import type { MapTheme } from './colour'

/** Cells a side of the window shown at once: enough to see groups, few enough to see single weights. */
export const CLOSE_UP = 48

export interface Panel {
  readonly title: string
  /** [rows, columns]. */
  readonly values: Float32Array
  /** Value at the ends of the colours; zero is in their middle. */
  readonly reach: number
}

/** Before, after and what changed; before and after share one scale, so that equal colours are equal weights. */
export function panelsOf({ original, rescaled, quantized }: WeightWindow): Panel[] {
  const reach = reachOf(original ?? quantized)
  if (!original) return [{ title: 'quantized', values: quantized, reach }]
  const change = quantized.map((value, i) => value - original[i]!)
  return [
    { title: rescaled ? 'original, rescaled' : 'original', values: original, reach },
    { title: 'quantized', values: quantized, reach },
    { title: 'change', values: change, reach: reachOf(change) },
  ]
}

const reachOf = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1

export interface CloseUpLayout {
  readonly cell: number
  readonly step: number
  readonly top: number
  readonly height: number
}

const GAP = 14
const HEAD = 18
const LARGEST_CELL = 9
const PANELS = 3

export function layoutCloseUp(rows: number, columns: number, width: number): CloseUpLayout {
  const cell = Math.max(1, Math.min(LARGEST_CELL, Math.floor((width - (PANELS - 1) * GAP) / PANELS / columns)))
  return { cell, step: cell * columns + GAP, top: HEAD, height: HEAD + cell * rows }
}

/** Row and column of the window under the pointer, in whichever panel it is. */
export function weightAt(layout: CloseUpLayout, { rows, columns }: WeightWindow, x: number, y: number) {
  const row = Math.floor((y - layout.top) / layout.cell)
  const column = Math.floor((x % layout.step) / layout.cell)
  return row >= 0 && row < rows && column < columns && x < PANELS * layout.step ? { row, column } : null
}

export function drawCloseUp(
  ctx: CanvasRenderingContext2D,
  panels: readonly Panel[],
  window: WeightWindow,
  layout: CloseUpLayout,
  theme: MapTheme,
): void {
  ctx.font = `11.5px ${theme.font}`
  ctx.textBaseline = 'top'
  for (const [index, { title, values, reach }] of panels.entries()) {
    const left = index * layout.step
    ctx.fillStyle = theme.muted
    ctx.fillText(`${title}, ±${formatSetting(Number(reach.toPrecision(2)))}`, left, 0)
    for (let row = 0; row < window.rows; row++)
      for (let column = 0; column < window.columns; column++) {
        ctx.fillStyle = theme.signed.css(0.5 + values[row * window.columns + column]! / (2 * reach))
        ctx.fillRect(left + column * layout.cell, layout.top + row * layout.cell, layout.cell, layout.cell)
      }
    if (window.salient) drawFrames(ctx, window, window.salient, left, layout, theme)
  }
}

/** A frame around every salient weight. */
function drawFrames(
  ctx: CanvasRenderingContext2D,
  { rows, columns }: WeightWindow,
  salient: Uint8Array,
  left: number,
  { cell, top }: CloseUpLayout,
  theme: MapTheme,
): void {
  ctx.strokeStyle = theme.ink
  ctx.lineWidth = 1
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (salient[row * columns + column])
        ctx.strokeRect(left + column * cell + 0.5, top + row * cell + 0.5, cell - 1, cell - 1)
}

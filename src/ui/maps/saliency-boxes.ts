import type { ColumnRecord } from '../../records'
import { saliencyOf } from '../../state/lanes'
import { quantile, spearman } from '../../state/ranks'
import { formatError, formatNumber, formatSetting } from '../format'
import { SALIENCY } from '../words/distributions'
import { bitPosition, type MapTheme, viridis } from './colour'
import { errorScale, type Scale } from './scale'
import { type Box, drawPanel, MARGIN, panelBox } from './series'

/** The saliency of the columns of one width. */
export interface SaliencyBox {
  readonly bits: number
  readonly columns: number
  /** At 5, 25, 50, 75 and 95 %. */
  readonly quantiles: readonly [number, number, number, number, number]
}

export interface SaliencyBoxes {
  readonly boxes: readonly SaliencyBox[]
  /** Columns that have a saliency. */
  readonly n: number
  /** Of saliency and bits; null where the widths do not differ. */
  readonly rho: number | null
}

const PARTS = [0.05, 0.25, 0.5, 0.75, 0.95] as const

/** Null where there is no saliency. Widths that are means over rows, as signs have them, are taken to a tenth of a bit. */
export function saliencyBoxes(columns: ColumnRecord): SaliencyBoxes | null {
  const saliency = saliencyOf(columns)
  if (!saliency) return null
  const known = [...saliency.keys()].filter((column) => Number.isFinite(saliency[column]))
  if (known.length === 0) return null
  const bits = known.map((column) => columns.bits[column]!)
  const values = known.map((column) => saliency[column]!)
  const shown = bits.map((width) => Math.round(width * 10) / 10)
  const boxes = [...new Set(shown)]
    .sort((a, b) => a - b)
    .map((width) => {
      const own = values.filter((_, i) => shown[i] === width).sort((a, b) => a - b)
      const quantiles = PARTS.map((part) => quantile(own, part)) as unknown as SaliencyBox['quantiles']
      return { bits: width, columns: own.length, quantiles }
    })
  return { boxes, n: known.length, rho: spearman(values, bits) }
}

export function saliencyText({ boxes, n, rho }: SaliencyBoxes, at: number | null): string {
  const box = at === null ? undefined : boxes[at]
  if (box) {
    const [, low, median, high] = box.quantiles
    return SALIENCY.box(String(box.bits), box.columns, formatError(median), formatError(low), formatError(high))
  }
  if (rho === null) return SALIENCY.same(boxes.map(({ bits }) => bits).join(', '), n)
  return SALIENCY.rho(formatNumber(rho, 3), n)
}

const HEIGHT = 132

export const layoutSaliency = (width: number): { readonly box: Box; readonly height: number } => ({
  box: panelBox(0, 0, width, HEIGHT),
  height: MARGIN.title + HEIGHT + 2 * MARGIN.axis,
})

/** The most a width takes of the room across. */
const WIDEST = 120

const slot = (box: Box, count: number): number => Math.min(WIDEST, box.width / Math.max(1, count))

export function saliencyBoxAt({ boxes }: SaliencyBoxes, { box }: { readonly box: Box }, x: number): number | null {
  const at = Math.floor((x - box.x) / slot(box, boxes.length))
  return at >= 0 && at < boxes.length ? at : null
}

export function drawSaliency(
  ctx: CanvasRenderingContext2D,
  { boxes }: SaliencyBoxes,
  { box }: { readonly box: Box },
  cursor: number | null,
  theme: MapTheme,
): void {
  const scale: Scale = errorScale(boxes.flatMap(({ quantiles }) => quantiles))
  drawPanel(ctx, box, scale, SALIENCY.axis, theme, formatSetting)
  const room = slot(box, boxes.length)
  const y = (value: number) => Math.round(box.y + box.height * (1 - scale.at(value)))
  for (const [at, { bits, columns, quantiles }] of boxes.entries()) {
    const [least, low, median, high, most] = quantiles
    const middle = Math.round(box.x + (at + 0.5) * room)
    const half = Math.max(2, Math.round(Math.min(22, room * 0.3)))
    const line = at === cursor ? theme.ink : theme.muted
    ctx.fillStyle = line
    ctx.fillRect(middle, y(most), 1, y(least) - y(most))
    for (const end of [least, most]) ctx.fillRect(middle - half / 2, y(end), half + 1, 1)
    ctx.fillStyle = viridis.css(bitPosition(bits))
    ctx.fillRect(middle - half, y(high), 2 * half + 1, Math.max(2, y(low) - y(high)))
    ctx.strokeStyle = line
    ctx.lineWidth = at === cursor ? 2 : 1
    ctx.strokeRect(middle - half + 0.5, y(high) + 0.5, 2 * half, Math.max(2, y(low) - y(high)))
    ctx.fillStyle = viridis.ink(bitPosition(bits))
    ctx.fillRect(middle - half + 1, y(median) - 1, 2 * half - 1, 2)
    const bottom = box.y + box.height + MARGIN.axis / 2 + 2
    ctx.font = `11px ${theme.font}`
    ctx.textBaseline = 'middle'
    ctx.textAlign = 'center'
    ctx.fillStyle = theme.ink
    ctx.fillText(room > 44 ? SALIENCY.width(String(bits)) : String(bits), middle, bottom)
    ctx.fillStyle = theme.muted
    if (room > 34) ctx.fillText(`n ${columns}`, middle, bottom + MARGIN.axis - 3)
  }
}

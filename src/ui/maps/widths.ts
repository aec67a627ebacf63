import { binsFor } from '../../pipeline/matrix/bins'
import type { ModuleRecord } from '../../records'
import { meanWidth } from '../../state/lanes'
import { weighted } from '../../state/modules'
import { formatPercent } from '../format'
import { widthsWords as words } from '../words/look'
import { type BitShare, binBits, shareHeights, shownWidths } from './bin'
import { bitPosition, type MapTheme, viridis } from './colour'

/** A module's widths as a bar: the share of its columns at each, most bits first. */
export interface WidthBar {
  readonly name: string
  readonly layer: number
  readonly mean: number
  readonly shares: readonly BitShare[]
}

const oneBin = (total: number) => binsFor({ start: 0, end: total }, 1, total)

export const widthBars = (modules: readonly ModuleRecord[]): WidthBar[] =>
  modules.map(({ name, layer, columns }) => ({
    ...{ name, layer, mean: meanWidth(columns) },
    shares: binBits(shownWidths(columns.bits), oneBin(columns.bits.length))[0] ?? [],
  }))

/** Whether the widths say anything: they differ somewhere in the model. */
export const widthsDiffer = (modules: readonly ModuleRecord[]): boolean => {
  const first = modules[0]?.columns.bits[0]
  return modules.some(({ columns }) => columns.bits.some((bits) => bits !== first))
}

/** Mean width of a code over all weights of the model. */
export const modelWidth = (modules: readonly ModuleRecord[]): number =>
  weighted(modules, ({ columns }) => meanWidth(columns))

export interface BarsLayout {
  readonly left: number
  readonly plot: number
  readonly count: number
}

const LABELS = 78
const BARS = 64
const AXIS = 20
/** Room over the bars for the frame of a chosen one. */
const TOP = 2

export const BARS_HEIGHT = TOP + BARS + AXIS
const WIDEST_BAR = 34

export const layoutBars = (bars: readonly WidthBar[], width: number): BarsLayout => ({
  left: LABELS,
  plot: Math.max(1, Math.min(width - LABELS - 2, bars.length * WIDEST_BAR)),
  count: bars.length,
})

export function barAt({ left, plot, count }: BarsLayout, x: number): number | null {
  const at = Math.floor(((x - left) / plot) * count)
  return at >= 0 && at < count ? at : null
}

export const barText = ({ name, mean, shares }: WidthBar): string =>
  words.bar(
    name,
    mean.toFixed(3),
    shares.map(({ bits, share }) => [formatPercent(share), bits]),
  )

export function drawBars(
  ctx: CanvasRenderingContext2D,
  bars: readonly WidthBar[],
  layout: BarsLayout,
  marks: { readonly cursor: number | null; readonly selected: number | null },
  theme: MapTheme,
): void {
  const { left, plot, count } = layout
  const edge = (bar: number) => Math.round(left + (bar * plot) / count)
  const gap = plot / count > 5 ? 1 : 0
  ctx.font = `11px ${theme.font}`
  ctx.textBaseline = 'middle'
  for (const [index, { shares, layer }] of bars.entries()) {
    const x = edge(index)
    const width = Math.max(1, edge(index + 1) - x - gap)
    let y = TOP
    for (const [part, height] of shareHeights(shares, BARS).entries()) {
      ctx.fillStyle = viridis.css(bitPosition(shares[part]!.bits))
      ctx.fillRect(x, y, width, height)
      y += height
    }
    if (layer === bars[index - 1]?.layer) continue
    ctx.fillStyle = theme.line
    if (index > 0) ctx.fillRect(x - 1, TOP + BARS, 1, 6)
    const next = bars.findIndex((bar, at) => at > index && bar.layer !== layer)
    const room = edge(next < 0 ? count : next) - x
    ctx.fillStyle = theme.muted
    ctx.textAlign = 'center'
    if (room > 18) ctx.fillText(String(layer), x + room / 2, TOP + BARS + AXIS / 2 + 1)
  }
  ctx.textAlign = 'right'
  ctx.font = `11.5px ${theme.font}`
  ctx.fillStyle = theme.muted
  ctx.fillText(words.axis.layer, left - 10, TOP + BARS + AXIS / 2 + 1)
  ctx.fillStyle = theme.ink
  ctx.fillText(words.axis.columns, left - 10, TOP + BARS / 2)
  for (const [at, colour] of [
    [marks.selected, theme.ink],
    [marks.cursor, theme.accent],
  ] as const) {
    if (at === null) continue
    ctx.strokeStyle = colour
    ctx.lineWidth = 2
    ctx.strokeRect(edge(at) - 1, TOP - 1, Math.max(1, edge(at + 1) - edge(at) - gap) + 2, BARS + 2)
  }
}

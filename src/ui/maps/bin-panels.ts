import { formatError, formatInteger, formatSetting, formatShareTick, formatTenths } from '../format'
import { DISTRIBUTIONS } from '../words/distributions'
import type { MapTheme } from './colour'
import { linearScale, logScale, niceTicks, type Scale } from './scale'
import { type Box, drawKey, drawPanel, drawUpright, type KeyEntry, keyWidth, MARGIN, panelBox, stroke } from './series'

/** One histogram among several below each other, with the levels that its values were brought onto where there are such. */
export interface BinPanel {
  readonly title: string
  readonly low: number
  readonly high: number
  readonly counts: ArrayLike<number>
  /** Values beyond the ends. */
  readonly below: number
  readonly above: number
  /** Places that mean something, as dashed lines. */
  readonly guides?: readonly number[]
  readonly levels?: readonly PanelLevel[]
  /** What the axis counts in. */
  readonly unit: string
  readonly ticks?: readonly number[]
}

/** A stored value and the part of the weights that have it. */
export interface PanelLevel {
  readonly name: string
  readonly at: number
  readonly share: number
  /** Where it lies in different rows and groups. */
  readonly low: number
  readonly high: number
}

export interface PanelsLayout {
  readonly boxes: readonly Box[]
  readonly height: number
}

const HEIGHT = 84

export function layoutPanels(panels: readonly BinPanel[], width: number): PanelsLayout {
  const each = MARGIN.title + HEIGHT + MARGIN.axis + MARGIN.gap
  return {
    boxes: panels.map((_, i) => panelBox(0, i * each, width, HEIGHT)),
    height: panels.length * each,
  }
}

/** A panel, and a bar or a level of it. */
export interface PanelCursor {
  readonly panel: number
  readonly bin: number
}

export function panelBinAt(
  panels: readonly BinPanel[],
  { boxes }: PanelsLayout,
  x: number,
  y: number,
): PanelCursor | null {
  const panel = boxes.findIndex((box) => y >= box.y - MARGIN.title && y <= box.y + box.height + MARGIN.axis)
  const [box, shown] = [boxes[panel], panels[panel]]
  if (!box || !shown) return null
  const bin = Math.floor(((x - box.x) / box.width) * shown.counts.length)
  return bin >= 0 && bin < shown.counts.length ? { panel, bin } : null
}

/** Left and right to the next bar that counts something, up and down to the next panel. */
export function walkPanels(
  panels: readonly BinPanel[],
  from: PanelCursor | null,
  key: string,
  far: number,
): PanelCursor | null {
  const panel = from?.panel ?? 0
  const bins = panels[panel]?.counts.length ?? 0
  const bin = from?.bin ?? Math.floor(bins / 2)
  const inside = (value: number, count: number) => Math.min(count - 1, Math.max(0, value))
  const move = (to: number): PanelCursor => ({ panel, bin: inside(to, bins) })
  const leap = (to: number): PanelCursor => {
    const next = inside(to, panels.length)
    return {
      panel: next,
      bin: inside(Math.round(((bin + 0.5) / bins) * panels[next]!.counts.length - 0.5), panels[next]!.counts.length),
    }
  }
  const moves: Readonly<Record<string, () => PanelCursor>> = {
    ArrowLeft: () => move(bin - far),
    ArrowRight: () => move(bin + far),
    Home: () => move(0),
    End: () => move(bins - 1),
    ArrowUp: () => leap(panel - 1),
    ArrowDown: () => leap(panel + 1),
  }
  return panels.length > 0 ? (moves[key]?.() ?? null) : null
}

export const panelTotal = ({ counts, below, above }: BinPanel): number =>
  Array.from(counts).reduce((sum, n) => sum + n, below + above)

const edgesOf = ({ low, high, counts }: BinPanel, bin: number): [number, number] => [
  low + (bin * (high - low)) / counts.length,
  low + ((bin + 1) * (high - low)) / counts.length,
]

/** The level that a place is nearest to. */
function nearestLevel(levels: readonly PanelLevel[], place: number): PanelLevel | undefined {
  let nearest = levels[0]
  for (const level of levels) if (nearest && Math.abs(level.at - place) < Math.abs(nearest.at - place)) nearest = level
  return nearest
}

/** A bar in words, and the level it is nearest to. */
export function panelText(panels: readonly BinPanel[], { panel, bin }: PanelCursor): string {
  const shown = panels[panel]
  if (!shown) return ''
  const [low, high] = edgesOf(shown, bin)
  const n = shown.counts[bin] ?? 0
  const share = n / Math.max(1, panelTotal(shown))
  const level = nearestLevel(shown.levels ?? [], (low + high) / 2)
  const told = level ? `; ${DISTRIBUTIONS.level(level.name, formatTenths(level.share))}` : ''
  const bar = DISTRIBUTIONS.bar(
    shown.title.split(':')[0]!,
    placeText(low),
    placeText(high),
    shown.unit,
    formatInteger(n),
    formatTenths(share),
  )
  return `${bar}${told}`
}

const placeText = (value: number): string => formatError(Math.abs(value) < 1e-12 ? 0 : value)

/** Height of a bar: the part of the values in it, or, where levels stand beside it, the part in as much as a level takes. */
function heightsOf({ low, high, counts, levels, ...rest }: BinPanel): { bars: number[]; highest: number } {
  const total = Math.max(1, panelTotal({ low, high, counts, ...rest }))
  const shares = Array.from(counts, (n) => n / total)
  const most = Math.max(0, ...shares)
  if (!levels) return { bars: shares, highest: most || 1 }
  const top = Math.max(0, ...levels.map(({ share }) => share))
  const even = levels.every(({ low: from, high: to }) => from === to)
  const factor = even ? counts.length / (high - low) : most > 0 ? top / most : 1
  return { bars: shares.map((share) => share * factor), highest: Math.max(top, most * factor) || 1 }
}

export function drawPanels(
  ctx: CanvasRenderingContext2D,
  panels: readonly BinPanel[],
  { boxes }: PanelsLayout,
  cursor: PanelCursor | null,
  log: boolean,
  theme: MapTheme,
): void {
  for (const [at, panel] of panels.entries()) {
    const box = boxes[at]!
    const { bars, highest } = heightsOf(panel)
    const scale: Scale = log
      ? logScale(Math.min(highest / 10, 0.5 / Math.max(1, panelTotal(panel))), highest)
      : linearScale(0, highest, [0, highest])
    const key: readonly KeyEntry[] = panel.levels
      ? [
          [DISTRIBUTIONS.key.original, square(theme.laneMax)],
          [DISTRIBUTIONS.key.stored, square(theme.accent)],
        ]
      : []
    const title = fitted(ctx, panel.title, box.width - keyWidth(ctx, key, theme), theme)
    drawKey(ctx, box, drawPanel(ctx, box, scale, title, theme, formatShareTick), key, theme)
    for (const guide of panel.guides ?? []) {
      const x = box.x + (box.width * (guide - panel.low)) / (panel.high - panel.low)
      stroke(
        ctx,
        [
          [
            { x, y: box.y },
            { x, y: box.y + box.height },
          ],
        ],
        theme.muted,
        1,
        [3, 3],
      )
    }
    drawBars(ctx, box, bars, scale, at === cursor?.panel ? cursor.bin : null, theme)
    if (panel.levels) drawLevels(ctx, box, panel, panel.levels, scale, theme)
    drawAxis(ctx, box, panel, theme)
  }
}

/** A title without what no longer fits: its last parts say least, and all of it is in the figure's name. */
function fitted(ctx: CanvasRenderingContext2D, title: string, width: number, theme: MapTheme): string {
  ctx.font = `11.5px ${theme.font}`
  let shown = title
  while (ctx.measureText(shown).width > width && /[,:]/.test(shown)) shown = shown.replace(/[,:][^,:]*$/, '')
  return shown
}

const square =
  (colour: string) =>
  (ctx: CanvasRenderingContext2D, x: number, y: number): void => {
    ctx.fillStyle = colour
    ctx.fillRect(x + 3, y - 5, 10, 10)
  }

function drawBars(
  ctx: CanvasRenderingContext2D,
  box: Box,
  bars: readonly number[],
  scale: Scale,
  cursor: number | null,
  theme: MapTheme,
): void {
  const edge = (bin: number) => Math.round(box.x + (box.width * bin) / bars.length)
  if (cursor !== null) drawUpright(ctx, box, cursor + 0.5, bars.length, theme.line)
  for (const [bin, share] of bars.entries()) {
    if (share === 0) continue
    // where there is a weight there is a line, however few they are
    const height = Math.max(1, Math.round(box.height * scale.at(share)))
    ctx.fillStyle = bin === cursor ? theme.ink : theme.laneMax
    ctx.fillRect(edge(bin), box.y + box.height - height, Math.max(1, edge(bin + 1) - edge(bin)), height)
  }
}

/** A stem at every level, as high as the part that is stored so; where it lies elsewhere in other rows, a foot as wide. */
function drawLevels(
  ctx: CanvasRenderingContext2D,
  box: Box,
  { low, high }: BinPanel,
  levels: readonly PanelLevel[],
  scale: Scale,
  theme: MapTheme,
): void {
  const x = (value: number) => box.x + box.width * Math.min(1, Math.max(0, (value - low) / (high - low)))
  const wide = box.width / levels.length > 9 ? 3 : box.width / levels.length > 4 ? 2 : 1
  ctx.fillStyle = theme.accent
  for (const level of levels) {
    if (level.share === 0) continue
    const height = Math.max(1, Math.round(box.height * scale.at(level.share)))
    ctx.fillRect(Math.round(x(level.at) - wide / 2), box.y + box.height - height, wide, height)
    if (level.high > level.low)
      ctx.fillRect(x(level.low), box.y + box.height - 2, Math.max(1, x(level.high) - x(level.low)), 2)
  }
}

const STRIDES = [1, 2, 5, 10, 20, 50, 100]

function drawAxis(ctx: CanvasRenderingContext2D, box: Box, panel: BinPanel, theme: MapTheme): void {
  const { low, high, unit } = panel
  const y = box.y + box.height + MARGIN.axis / 2 + 2
  ctx.font = `11px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.fillStyle = theme.muted
  ctx.textAlign = 'right'
  ctx.fillText(unit, box.x - 8, y)
  ctx.textAlign = 'center'
  const ticks = panel.ticks ?? niceTicks(low, high, 6)
  const labels = ticks.map(formatSetting)
  const room = Math.max(...labels.map((label) => ctx.measureText(label).width)) + 8
  // where not all fit, every second, fifth, … does: a reader counts on equal distances
  const apart = ticks.length > 1 ? (box.width * (ticks[1]! - ticks[0]!)) / (high - low) : room
  const every = STRIDES.find((stride) => stride * apart >= room) ?? ticks.length
  for (const [i, label] of labels.entries()) {
    const x = box.x + (box.width * (ticks[i]! - low)) / (high - low)
    const half = ctx.measureText(label).width / 2
    if (i % every === 0 && x - half >= box.x - 4 && x + half <= box.x + box.width + MARGIN.right)
      ctx.fillText(label, x, y)
  }
}

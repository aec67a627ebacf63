import type { GroupingRecord } from '../../records'
import { formatError, formatInteger, formatNumber, formatTenths } from '../format'
import { groupingWords as words } from '../words/look'
import { type MapTheme, viridis } from './colour'
import { linearScale, niceTicks } from './scale'
import { type Box, drawPanel, drawUpright, MARGIN, panelBox } from './series'

/** The histogram of magnitudes over the graph of the sample, on one axis. */
export interface GroupingLayout {
  readonly histogram: Box
  /** Null where no sample was drawn. */
  readonly graph: Box | null
  readonly height: number
}

const BARS = 120
const GRAPH = 96
const NODE = 7

export function layoutGrouping({ sample }: GroupingRecord, width: number): GroupingLayout {
  const { title, axis, gap } = MARGIN
  const histogram = panelBox(0, 0, width, BARS)
  const bottom = histogram.y + BARS
  const graph = sample ? panelBox(0, bottom + gap, width, GRAPH) : null
  return { histogram, graph, height: bottom + (graph ? gap + title + GRAPH : 0) + axis }
}

/** Index of the group that a magnitude belongs to; the number of groups for a salient one. */
export function groupOf({ boundaries, threshold }: GroupingRecord, magnitude: number): number {
  if (magnitude > threshold) return boundaries.length + 1
  const at = boundaries.findIndex((boundary) => magnitude < boundary)
  return at < 0 ? boundaries.length : at
}

/** Groups are ordered: dark to light, none as pale as the page. */
const colourOf = (group: number, groups: number, theme: MapTheme): string =>
  group >= groups ? theme.accent : viridis.css(groups === 1 ? 0.35 : 0.1 + (0.75 * group) / (groups - 1))

/** Index of the bar of the histogram under the pointer; null beside it. */
export function binAt({ histogram: { counts } }: GroupingRecord, { histogram: box }: GroupingLayout, x: number) {
  const at = Math.floor(((x - box.x) / box.width) * counts.length)
  return at >= 0 && at < counts.length ? at : null
}

/** A bar in words, or the whole: the text alternative of the chart. */
export function groupingText(grouping: GroupingRecord, bin: number | null): string {
  const { histogram, threshold, salient, boundaries, amplitudes, silhouettes } = grouping
  const groups = amplitudes.length
  if (bin === null) {
    const chosen = silhouettes.map((value, i) => [i + 2, formatNumber(value, 3)] as const)
    return [
      words.groups(amplitudes.map(formatError)),
      ...(boundaries.length > 0 ? [words.boundaries(boundaries.map(formatError))] : []),
      words.salient(formatTenths(salient), formatError(threshold)),
      ...(chosen.length > 0 ? [words.silhouettes(chosen)] : []),
    ].join('; ')
  }
  const { most, counts } = histogram
  const [low, high] = [bin, bin + 1].map((edge) => (edge * most) / counts.length)
  const group = groupOf(grouping, (low! + high!) / 2)
  const whole = counts.reduce((sum, count) => sum + count, 0)
  return words.bar(
    formatError(low!),
    formatError(high!),
    formatInteger(counts[bin]!),
    formatTenths(counts[bin]! / Math.max(1, whole)),
    group >= groups ? words.isSalient : words.group(group + 1, groups, formatError(amplitudes[group]!)),
  )
}

export function drawGrouping(
  ctx: CanvasRenderingContext2D,
  grouping: GroupingRecord,
  layout: GroupingLayout,
  cursor: number | null,
  theme: MapTheme,
): void {
  const { histogram, boundaries, threshold } = grouping
  const { most } = histogram
  drawBars(ctx, grouping, layout.histogram, cursor, theme)
  if (layout.graph) drawSample(ctx, grouping, layout.graph, theme)
  const panels = [layout.histogram, ...(layout.graph ? [layout.graph] : [])]
  for (const box of panels) {
    for (const boundary of boundaries) drawUpright(ctx, box, boundary / most, 1, theme.ink)
    if (threshold < most) drawUpright(ctx, box, threshold / most, 1, theme.accent)
  }
  const bottom = panels.at(-1)!
  ctx.font = `11px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.fillStyle = theme.muted
  ctx.textAlign = 'center'
  for (const tick of niceTicks(0, most, 5))
    ctx.fillText(
      formatError(tick),
      bottom.x + (bottom.width * tick) / most,
      bottom.y + bottom.height + MARGIN.axis / 2 + 2,
    )
}

function drawBars(
  ctx: CanvasRenderingContext2D,
  grouping: GroupingRecord,
  box: Box,
  cursor: number | null,
  theme: MapTheme,
): void {
  const { counts, most } = grouping.histogram
  const whole = counts.reduce((sum, count) => sum + count, 0) || 1
  const highest = counts.reduce((top, count) => Math.max(top, count), 1) / whole
  drawPanel(ctx, box, linearScale(0, highest, [0, highest]), words.histogram, theme, formatTenths)
  const groups = grouping.amplitudes.length
  const edge = (bin: number) => Math.round(box.x + (box.width * bin) / counts.length)
  for (const [bin, count] of counts.entries()) {
    if (count === 0) continue
    // where there is a weight there is a line, however few they are
    const height = Math.max(1, Math.round((box.height * count) / whole / highest))
    ctx.fillStyle =
      bin === cursor ? theme.ink : colourOf(groupOf(grouping, ((bin + 0.5) * most) / counts.length), groups, theme)
    ctx.fillRect(edge(bin), box.y + box.height - height, Math.max(1, edge(bin + 1) - edge(bin) - 1), height)
  }
}

/** Sampled magnitudes on a line, each joined by arcs to its neighbours in the graph; the farther, the higher. */
function drawSample(ctx: CanvasRenderingContext2D, grouping: GroupingRecord, box: Box, theme: MapTheme): void {
  const { values, clusters, from, to } = grouping.sample!
  const { most } = grouping.histogram
  const count = clusters.reduce((top, cluster) => Math.max(top, cluster + 1), 1)
  ctx.font = `11.5px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  ctx.fillStyle = theme.ink
  ctx.fillText(words.sample(values.length, count), box.x, box.y - MARGIN.title / 2)
  const x = (node: number) => box.x + (box.width * Math.min(most, values[node]!)) / most
  const line = box.y + box.height - NODE
  const longest = from.reduce((top, node, edge) => Math.max(top, Math.abs(x(to[edge]!) - x(node))), 1)
  ctx.lineWidth = 0.75
  for (const [edge, node] of from.entries()) {
    const other = to[edge]!
    const radius = Math.abs(x(other) - x(node)) / 2
    const height = (line - box.y - 2) * Math.sqrt((2 * radius) / longest)
    ctx.globalAlpha = clusters[node] === clusters[other] ? 0.16 : 0.6
    ctx.strokeStyle = clusters[node] === clusters[other] ? colourOf(clusters[node]!, count, theme) : theme.ink
    ctx.beginPath()
    ctx.ellipse((x(node) + x(other)) / 2, line, radius, height, 0, Math.PI, 2 * Math.PI)
    ctx.stroke()
  }
  ctx.globalAlpha = 1
  for (const node of values.keys()) {
    ctx.fillStyle = colourOf(clusters[node]!, count, theme)
    ctx.fillRect(Math.round(x(node)) - 1, line + 1, 2, NODE - 1)
  }
  ctx.fillStyle = theme.line
  ctx.fillRect(box.x, line, box.width, 1)
}

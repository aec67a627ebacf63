import type { ColumnRecord, GraphRecord } from '../../records'
import { formatError } from '../format'
import { graphWords as words } from '../words/look'
import { bitPosition, type MapTheme, viridis } from './colour'

/** The graph as arcs over a line of columns: an error is pushed to the right, so no arrow is needed. */
export interface ArcGraph {
  /** Original columns from left to right. */
  readonly columns: readonly number[]
  /** Ends as places on the line, weakest first, so that the strongest are drawn over them. */
  readonly edges: readonly ArcEdge[]
  readonly strongest: number
}

export interface ArcEdge {
  readonly from: number
  readonly to: number
  readonly weight: number
}

export function arcGraph({ nodes, from, to, weight }: GraphRecord): ArcGraph {
  const sorted = [...nodes.keys()].sort((a, b) => nodes[a]! - nodes[b]!)
  const place = new Map(sorted.map((node, at) => [node, at]))
  const edges = Array.from(weight, (value, edge) => ({
    ...{ from: place.get(from[edge]!)!, to: place.get(to[edge]!)!, weight: value },
  }))
    .filter((edge) => Number.isFinite(edge.weight))
    .sort((a, b) => Math.abs(a.weight) - Math.abs(b.weight))
  return { columns: sorted.map((node) => nodes[node]!), edges, strongest: Math.abs(edges.at(-1)?.weight ?? 0) || 1 }
}

export interface ArcLayout {
  readonly left: number
  readonly gap: number
  /** Middle of the line of columns. */
  readonly line: number
  readonly reach: number
  readonly height: number
}

const LABELS = 78
const RIGHT = 18
const REACH = 78
const NODE = 9
const AXIS = 20

export const ARCS_HEIGHT = 2 * REACH + NODE + AXIS + 8

export function layoutArcs({ columns }: ArcGraph, width: number): ArcLayout {
  const plot = Math.max(1, width - LABELS - RIGHT)
  const gap = plot / Math.max(1, columns.length - 1)
  return { left: LABELS, gap, line: REACH + 4 + NODE / 2, reach: REACH, height: ARCS_HEIGHT }
}

/** Height of an arc: the farther its ends, the higher, but all stay inside. */
export const arcHeight = ({ from, to }: ArcEdge, { reach }: ArcLayout, count: number): number =>
  reach * Math.sqrt(Math.abs(to - from) / Math.max(1, count - 1))

/** Place on the line that is nearest to x; null beside the line. */
export function placeAt(graph: ArcGraph, layout: ArcLayout, x: number): number | null {
  const place = Math.round((x - layout.left) / layout.gap)
  const beside = x < layout.left - NODE || x > layout.left + layout.gap * (graph.columns.length - 1) + NODE
  return beside || graph.columns.length === 0 ? null : Math.min(graph.columns.length - 1, Math.max(0, place))
}

/** A column and its strongest edges in words. */
export function nodeText(graph: ArcGraph, columns: ColumnRecord, place: number): string {
  const column = graph.columns[place]!
  const strongest = (edges: readonly ArcEdge[]) =>
    edges.reduce<ArcEdge | null>(
      (best, edge) => (best && Math.abs(best.weight) >= Math.abs(edge.weight) ? best : edge),
      null,
    )
  const pushed = graph.edges.filter((edge) => edge.from === place)
  const absorbed = graph.edges.filter((edge) => edge.to === place)
  const [out, into] = [strongest(pushed), strongest(absorbed)]
  const parts = [words.bits(columns.bits[column]!)]
  if (out) parts.push(words.pushes(pushed.length, formatError(out.weight), graph.columns[out.to]!))
  if (into) parts.push(words.absorbs(absorbed.length, formatError(into.weight), graph.columns[into.from]!))
  return words.column(column, parts)
}

export function drawArcs(
  ctx: CanvasRenderingContext2D,
  graph: ArcGraph,
  columns: ColumnRecord,
  layout: ArcLayout,
  marks: { readonly cursor: number | null; readonly selected: number | null },
  theme: MapTheme,
): void {
  const { left, gap, line } = layout
  const focus = marks.cursor ?? marks.selected
  const x = (place: number) => left + place * gap
  for (const edge of graph.edges) {
    const share = Math.abs(edge.weight) / graph.strongest
    const own = edge.from === focus || edge.to === focus
    const height = arcHeight(edge, layout, graph.columns.length)
    const up = edge.weight > 0
    ctx.globalAlpha = (0.12 + 0.88 * share ** 2) * (focus === null || own ? 1 : 0.18)
    ctx.strokeStyle = theme.signed.css(up ? 0.9 : 0.1)
    ctx.lineWidth = 0.75 + 2.75 * share ** 2
    ctx.beginPath()
    const radius = Math.abs(x(edge.to) - x(edge.from)) / 2
    const base = line + (up ? -NODE / 2 : NODE / 2)
    ctx.ellipse((x(edge.from) + x(edge.to)) / 2, base, radius, height, 0, up ? Math.PI : 0, up ? 2 * Math.PI : Math.PI)
    ctx.stroke()
  }
  ctx.globalAlpha = 1
  drawNodes(ctx, graph, columns, layout, marks, theme)
  ctx.font = `11.5px ${theme.font}`
  ctx.textAlign = 'right'
  ctx.textBaseline = 'middle'
  ctx.fillStyle = theme.ink
  ctx.fillText(words.axis.column, left - 16, line)
  ctx.fillStyle = theme.muted
  ctx.font = `11px ${theme.font}`
  ctx.fillText(words.axis.positive, left - 16, line - REACH / 2)
  ctx.fillText(words.axis.negative, left - 16, line + REACH / 2)
}

function drawNodes(
  ctx: CanvasRenderingContext2D,
  graph: ArcGraph,
  columns: ColumnRecord,
  { left, gap, line, height }: ArcLayout,
  { cursor, selected }: { readonly cursor: number | null; readonly selected: number | null },
  theme: MapTheme,
): void {
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  const size = Math.max(3, Math.min(NODE, gap - 1))
  const every = Math.max(1, Math.ceil(32 / gap))
  const shown = cursor ?? selected
  for (const [place, column] of graph.columns.entries()) {
    const x = left + place * gap
    ctx.fillStyle = viridis.css(bitPosition(columns.bits[column]!))
    ctx.fillRect(Math.round(x - size / 2), line - NODE / 2, size, NODE)
    // the narrowest widths are as dark as a dark page
    ctx.strokeStyle = theme.muted
    ctx.lineWidth = 1
    ctx.strokeRect(Math.round(x - size / 2) - 0.5, line - NODE / 2 - 0.5, size + 1, NODE + 1)
    if (place === selected || place === cursor) {
      ctx.strokeStyle = place === cursor ? theme.accent : theme.ink
      ctx.lineWidth = 2
      ctx.strokeRect(Math.round(x - size / 2) - 1, line - NODE / 2 - 1, size + 2, NODE + 2)
    }
    const crowded = shown !== null && place !== shown && Math.abs(place - shown) * gap < 32
    if ((place % every !== 0 || crowded) && place !== shown) continue
    ctx.fillStyle = place === shown ? theme.ink : theme.muted
    ctx.fillText(String(column), x, height - AXIS / 2)
  }
}

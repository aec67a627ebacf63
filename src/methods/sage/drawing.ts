import type { GroupingRecord } from '../../records'
import type { Neighbourhood } from './graph'

/** What a picture of a graph can show. */
const MOST_NODES = 400
const MOST_EDGES = 4000

/** A sample and its graph for a picture: nodes at equal distances in order, edges among these, every so-maniest where they are many. */
export function drawing(graph: Neighbourhood, labels: Uint8Array): NonNullable<GroupingRecord['sample']> {
  const n = graph.values.length
  const shown = Math.min(n, MOST_NODES)
  const nodes = Array.from({ length: shown }, (_, i) => Math.floor((i * n) / shown))
  const edges: [number, number][] = []
  for (let i = 0; i < shown; i++)
    for (let j = i + 1; j < shown && nodes[j]! <= graph.right[nodes[i]!]!; j++) edges.push([i, j])
  const every = Math.ceil(edges.length / MOST_EDGES)
  const kept = edges.filter((_, i) => i % every === 0)
  return {
    values: Float32Array.from(nodes, (i) => graph.values[i]!),
    clusters: Uint8Array.from(nodes, (i) => labels[i]!),
    from: Uint32Array.from(kept, ([from]) => from),
    to: Uint32Array.from(kept, ([, to]) => to),
  }
}

import type { Scores } from '../kernels/attention-shape'
import type { RopeTable, RopeTables } from './rope-tables'
import type { ModelSpec } from './spec'

export interface LayerView {
  /** How heads turn; null where positions are embedded. */
  readonly turn: (RopeTable & { readonly turned: number }) | null
  readonly scores: Scores
}

/** How the queries of a layer look at keys, in a text of `positions` tokens: a window that holds all of it is none. */
export function layerView(spec: ModelSpec, tables: RopeTables, layer: number, positions: number): LayerView {
  const window = spec.windows[layer] ?? null
  const [table, rope] = window !== null && spec.localRope ? [tables.local, spec.localRope] : [tables.whole, spec.rope]
  return {
    turn: table && rope && { ...table, turned: rope.turned },
    scores: { ...spec.scores, window: window !== null && window < positions ? window : null },
  }
}

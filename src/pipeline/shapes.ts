import type { Shape } from '../methods/memory'
import type { ModelSpec } from '../models/spec'

/** Rope tables, and one block. */
export function residentShapes(spec: ModelSpec, positions: number): Shape[] {
  const linears = spec.linears.flatMap(({ out, in: columns, bias }) => [[out, columns], ...(bias ? [[out]] : [])])
  return [...tableShapes(spec, positions), ...linears, ...spec.parameters.map(({ shape }) => shape)]
}

export function tableShapes({ rope, localRope }: ModelSpec, positions: number): Shape[] {
  return [rope, localRope].flatMap((of) => {
    const angles = [positions, (of?.turned ?? 0) / 2]
    return of ? [angles, angles] : []
  })
}

export function embeddingShapes({ vocab, hidden }: ModelSpec, limit: number): Shape[] {
  const step = Math.max(1, Math.floor(limit / 4 / hidden))
  return Array.from({ length: Math.ceil(vocab / step) }, (_, i) => [Math.min(step, vocab - i * step), hidden])
}

/** What a block holds beside its input at its fullest moments: while it attends, and last when it has opened its feed-forward part. */
export function blockShapes(spec: ModelSpec, tokens: number): Shape[][] {
  const { hidden, ffn, heads, kvHeads, headDim, fusedHeads, experts, parallel } = spec
  const rows = (...widths: number[]) => widths.map((width) => [tokens, width])
  const [queries, keys] = [heads * headDim, kvHeads * headDim]
  const attention = fusedHeads
    ? [rows(hidden, queries + 2 * keys, queries, keys, keys), rows(hidden, queries, keys, keys, queries)]
    : [rows(hidden, queries, keys, keys, queries)]
  const both = spec.linears.find(({ role }) => role === 'gate_up')
  const opened = both ? [2 * ffn, ffn, ffn] : [ffn, ffn]
  const chosen = experts ? [experts.count, experts.count, hidden] : []
  return [...attention, rows(hidden, hidden, ...(parallel ? [hidden] : []), ...chosen, ...opened)]
}

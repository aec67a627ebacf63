import type { ModelSpec } from './spec'

/** What a block holds beside its input at its fullest moments: while it attends, and last when it has opened its feed-forward part. */
export function blockShapes(spec: ModelSpec, tokens: number): number[][][] {
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

import type { Shape } from '../methods/memory'
import type { ModelSpec } from '../models/spec'

/** Rope tables, and one block. */
export function residentShapes(spec: ModelSpec, positions: number): Shape[] {
  const linears = spec.linears.flatMap(({ out, in: columns, bias }) => [[out, columns], ...(bias ? [[out]] : [])])
  return [...tableShapes(spec, positions), ...linears, [spec.hidden], [spec.hidden]]
}

export function tableShapes({ headDim }: ModelSpec, positions: number): Shape[] {
  const angles = [positions, headDim / 2]
  return [angles, angles]
}

export function embeddingShapes({ vocab, hidden }: ModelSpec, limit: number): Shape[] {
  const step = Math.max(1, Math.floor(limit / 4 / hidden))
  return Array.from({ length: Math.ceil(vocab / step) }, (_, i) => [Math.min(step, vocab - i * step), hidden])
}

/** What a block holds beside its input when it attends, and when it has opened its feed-forward part. */
export function blockShapes({ hidden, ffn, heads, kvHeads, headDim }: ModelSpec, tokens: number): Shape[][] {
  const rows = (...widths: number[]) => widths.map((width) => [tokens, width])
  const keys = kvHeads * headDim
  return [rows(hidden, heads * headDim, keys, keys, heads * headDim), rows(hidden, hidden, ffn, ffn)]
}

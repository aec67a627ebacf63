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

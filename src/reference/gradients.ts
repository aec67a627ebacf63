import type { LinearSpec, ModelSpec } from '../models/spec'
import { blockReference, embedReference, type ReferenceWeights } from './llama'
import { matmulReference } from './matmul'
import { nllReference, rmsNormReference } from './transformer'

/**
 * df/dx[i] by central differences, of all elements or of those at `indices`. In float64 with f of order 1 a step of
 * 1e-5 leaves an error of about 1e-10.
 */
export function numericGradient(
  f: () => number,
  x: Float64Array,
  indices: readonly number[] = Array.from(x, (_, i) => i),
  step = 1e-5,
): Float64Array {
  return Float64Array.from(indices, (i) => {
    const before = x[i]!
    x[i] = before + step
    const above = f()
    x[i] = before - step
    const below = f()
    x[i] = before
    return (above - below) / (2 * step)
  })
}

/** Adds `by` to one number of a linear's output [tokens, out]. */
export interface Nudge {
  readonly layer: number
  readonly role: LinearSpec['role']
  readonly index: number
  readonly by: number
}

/** −Σ log p in nats of every token of a sequence but its first, with one output nudged. */
export function nllSumReference(
  spec: ModelSpec,
  weights: ReferenceWeights,
  ids: readonly number[],
  nudge?: Nudge,
): number {
  const { hidden, vocab, norm } = spec
  let x = embedReference(spec, weights, ids)
  for (let layer = 0; layer < spec.layers; layer++)
    x = blockReference(spec, weights, layer, x, (role, y) => {
      if (nudge?.layer === layer && nudge.role === role) y[nudge.index]! += nudge.by
    }).y
  const head = weights.get(spec.tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight')!
  const normed = rmsNormReference(x, weights.get('model.norm.weight')!, norm.eps)
  const logits = matmulReference(normed, head, { m: ids.length, n: vocab, k: hidden, transB: true })
  const row = (at: number) => logits.subarray(at * vocab, (at + 1) * vocab)
  return ids.slice(1).reduce((sum, id, at) => sum + nllReference(row(at), id), 0)
}

/** d(−Σ log p)/d(output) of one linear, [tokens, out], by central differences. */
export function outputGradientReference(
  spec: ModelSpec,
  weights: ReferenceWeights,
  ids: readonly number[],
  layer: number,
  { role, out }: LinearSpec,
  step = 1e-4,
): Float64Array {
  return Float64Array.from({ length: ids.length * out }, (_, index) => {
    const at = (by: number) => nllSumReference(spec, weights, ids, { layer, role, index, by })
    return (at(step) - at(-step)) / (2 * step)
  })
}

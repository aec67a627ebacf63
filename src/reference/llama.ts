import { linearName } from '../models/required-tensors'
import { inverseFrequencies } from '../models/rope'
import type { LinearSpec, ModelSpec } from '../models/spec'
import { matmulReference } from './matmul'
import { attentionReference, nllReference, rmsNormReference, ropeReference, siluMulReference } from './transformer'

/** Parameters by their names in a Hugging Face checkpoint. */
export type ReferenceWeights = ReadonlyMap<string, ArrayLike<number>>

function parameter(weights: ReferenceWeights, name: string): ArrayLike<number> {
  const values = weights.get(name)
  if (!values) throw new Error(`reference: no ${name}`)
  return values
}

/** Hidden states [tokens, hidden] of one sequence before the first block. */
export function embedReference({ hidden }: ModelSpec, weights: ReferenceWeights, ids: readonly number[]): Float64Array {
  const embedding = parameter(weights, 'model.embed_tokens.weight')
  return Float64Array.from(ids.flatMap((id) => Array.from({ length: hidden }, (_, i) => embedding[id * hidden + i]!)))
}

/**
 * One decoder block on one sequence x [tokens, hidden]: what it gives, what its attention half gives (h), and the input
 * of each stage's linears. `touch` may change the output [tokens, out] of a linear before it is used.
 */
export function blockReference(
  spec: ModelSpec,
  weights: ReferenceWeights,
  layer: number,
  x: Float64Array,
  touch: (role: LinearSpec['role'], y: Float64Array) => void = () => {},
) {
  const { hidden, heads, kvHeads, headDim } = spec
  const { eps } = spec.norm
  const tokens = x.length / hidden
  const linear = (role: LinearSpec['role'], input: Float64Array) => {
    const described = spec.linears.find((candidate) => candidate.role === role)!
    const { out, in: inputs } = described
    const name = linearName(layer, described)
    const w = parameter(weights, `${name}.weight`)
    const y = matmulReference(input, w, { m: tokens, n: out, k: inputs, transB: true })
    if (described.bias) for (let i = 0; i < y.length; i++) y[i]! += parameter(weights, `${name}.bias`)[i % out]!
    touch(role, y)
    return y
  }
  const norm = (name: string) => parameter(weights, `model.layers.${layer}.${name}.weight`)
  const plus = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!)
  const frequencies = inverseFrequencies(spec.rope!)
  const window = { length: tokens, start: 0, headDim }

  const n1 = rmsNormReference(x, norm('input_layernorm'), eps)
  const q = ropeReference(linear('q', n1), frequencies, { ...window, heads })
  const k = ropeReference(linear('k', n1), frequencies, { ...window, heads: kvHeads })
  const shape = { windows: 1, tq: tokens, tk: tokens, capacity: tokens, heads, kvHeads, headDim }
  const a = attentionReference(q, k, linear('v', n1), shape)
  const h = plus(x, linear('o', a))
  const n2 = rmsNormReference(h, norm('post_attention_layernorm'), eps)
  const m = siluMulReference(linear('gate', n2), linear('up', n2))
  return { y: plus(h, linear('down', m)), h, inputs: [n1, a, n2, m] as const }
}

/** Logits [tokens, vocab] of one sequence in float64: the whole model, as plain as modeling_llama.py. */
export function llamaReference(spec: ModelSpec, weights: ReferenceWeights, ids: readonly number[]): Float64Array {
  const { hidden, vocab } = spec
  const { eps } = spec.norm
  let x = embedReference(spec, weights, ids)
  for (let layer = 0; layer < spec.layers; layer++) x = blockReference(spec, weights, layer, x).y
  const head = parameter(weights, spec.tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight')
  const normed = rmsNormReference(x, parameter(weights, 'model.norm.weight'), eps)
  return matmulReference(normed, head, { m: ids.length, n: vocab, k: hidden, transB: true })
}

/** Mean −log p in nats of the tokens from `firstScored` on of every window. */
export function nllMeanReference(
  spec: ModelSpec,
  weights: ReferenceWeights,
  windows: readonly (readonly number[])[],
  firstScored: number,
): number {
  const scores = windows.flatMap((ids) => {
    const logits = llamaReference(spec, weights, ids)
    const row = (at: number) => logits.subarray(at * spec.vocab, (at + 1) * spec.vocab)
    return ids.flatMap((id, at) => (at < firstScored ? [] : [nllReference(row(at - 1), id)]))
  })
  return scores.reduce((sum, score) => sum + score, 0) / scores.length
}

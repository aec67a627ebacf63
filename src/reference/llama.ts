import { inverseFrequencies, linearName, type ModelSpec } from '../models/spec'
import { matmulReference } from './matmul'
import { attentionReference, rmsNormReference, ropeReference, siluMulReference } from './transformer'

/** Parameters by their names in a Hugging Face checkpoint. */
export type ReferenceWeights = ReadonlyMap<string, ArrayLike<number>>

/** Logits [tokens, vocab] of one sequence in float64: the whole model, as plain as modeling_llama.py. */
export function llamaReference(spec: ModelSpec, weights: ReferenceWeights, ids: readonly number[]): Float64Array {
  const { hidden, heads, kvHeads, headDim, vocab, rmsNormEps: eps } = spec
  const tokens = ids.length
  const parameter = (name: string) => {
    const values = weights.get(name)
    if (!values) throw new Error(`reference: no ${name}`)
    return values
  }
  const frequencies = inverseFrequencies(spec)
  const window = { length: tokens, start: 0, headDim }

  const embedding = parameter('model.embed_tokens.weight')
  let x = Float64Array.from(ids.flatMap((id) => Array.from({ length: hidden }, (_, i) => embedding[id * hidden + i]!)))

  for (let layer = 0; layer < spec.layers; layer++) {
    const linear = (role: string, input: Float64Array) => {
      const described = spec.linears.find((candidate) => candidate.role === role)!
      const { out, in: inputs } = described
      const name = linearName(layer, described)
      const y = matmulReference(input, parameter(`${name}.weight`), { m: tokens, n: out, k: inputs, transB: true })
      return described.bias ? y.map((value, i) => value + parameter(`${name}.bias`)[i % out]!) : y
    }
    const plus = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!)

    const n1 = rmsNormReference(x, parameter(`model.layers.${layer}.input_layernorm.weight`), eps)
    const q = ropeReference(linear('q', n1), frequencies, { ...window, heads })
    const k = ropeReference(linear('k', n1), frequencies, { ...window, heads: kvHeads })
    const shape = { windows: 1, tq: tokens, tk: tokens, capacity: tokens, heads, kvHeads, headDim }
    const h = plus(x, linear('o', attentionReference(q, k, linear('v', n1), shape)))

    const n2 = rmsNormReference(h, parameter(`model.layers.${layer}.post_attention_layernorm.weight`), eps)
    x = plus(h, linear('down', siluMulReference(linear('gate', n2), linear('up', n2))))
  }
  const head = parameter(spec.tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight')
  const normed = rmsNormReference(x, parameter('model.norm.weight'), eps)
  return matmulReference(normed, head, { m: tokens, n: vocab, k: hidden, transB: true })
}

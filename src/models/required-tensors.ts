import { FormatError } from '../errors'
import type { Dtype, ModelSource, TensorEntry } from '../formats/source'
import type { LinearSpec, ModelSpec } from './spec'

const floats: ReadonlySet<Dtype> = new Set<Dtype>(['F32', 'F16', 'BF16', 'F64'])

/** 'model.layers.3.self_attn.q_proj': the parameter names less '.weight' and '.bias'. */
export const linearName = (layer: number, linear: LinearSpec): string => `model.layers.${layer}.${linear.module}`

/** The norm before the attention part of a block, or before its feed-forward part. */
export const normName = (layer: number, norm: 'attnNorm' | 'mlpNorm'): string =>
  `model.layers.${layer}.${norm === 'attnNorm' ? 'input' : 'post_attention'}_layernorm.weight`

/** Every tensor a model of this spec consists of, by its name in a Hugging Face checkpoint. */
export function* requiredTensors(spec: ModelSpec): Generator<{ name: string; shape: number[] }> {
  yield { name: 'model.embed_tokens.weight', shape: [spec.vocab, spec.hidden] }
  for (let layer = 0; layer < spec.layers; layer++) {
    yield { name: normName(layer, 'attnNorm'), shape: [spec.hidden] }
    yield { name: normName(layer, 'mlpNorm'), shape: [spec.hidden] }
    for (const linear of spec.linears) {
      yield { name: `${linearName(layer, linear)}.weight`, shape: [linear.out, linear.in] }
      if (linear.bias) yield { name: `${linearName(layer, linear)}.bias`, shape: [linear.out] }
    }
  }
  yield { name: 'model.norm.weight', shape: [spec.hidden] }
  if (!spec.tiedHead) yield { name: 'lm_head.weight', shape: [spec.vocab, spec.hidden] }
}

/**
 * Every tensor that the spec needs is there, with its shape, as floats, but for the weights of linears that are stored as
 * codes. FormatError names the first that is not.
 */
export function checkTensors(
  spec: ModelSpec,
  source: ModelSource,
  coded: { has(linear: string): boolean } = new Set<string>(),
): void {
  for (const { name, shape } of requiredTensors(spec)) {
    if (coded.has(name.replace(/\.weight$/, ''))) continue
    const fault = findFault(shape, source.tensors.get(name))
    if (fault) throw new FormatError(`tensor ${name}: ${fault}`)
  }
}

function findFault(shape: number[], entry: TensorEntry | undefined): string | null {
  const wanted = `expected [${shape.join(', ')}]`
  if (!entry)
    return `${wanted}, got none — add the weight file that holds it, or use the config.json that came with these weights`
  if (entry.shape.length !== shape.length || shape.some((dim, i) => entry.shape[i] !== dim))
    return `${wanted}, got [${entry.shape.join(', ')}] — use the config.json that came with these weights`
  if (!floats.has(entry.dtype))
    return `expected ${[...floats].join(', ')}, got ${entry.dtype} — use the checkpoint before it was quantized`
  return null
}

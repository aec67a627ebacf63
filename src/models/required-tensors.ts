import { FormatError } from '../errors'
import type { Dtype } from '../formats/dtypes'
import type { ModelSource, TensorEntry } from '../formats/source'
import type { LinearSpec, ModelSpec, ParameterSpec } from './spec'

const floats: ReadonlySet<Dtype> = new Set<Dtype>(['F32', 'F16', 'BF16', 'F64'])

/** 'model.layers.3.self_attn.q_proj': the parameter names less '.weight' and '.bias'. */
export const linearName = (layer: number, { blocks = 'model.layers', module }: LinearSpec): string =>
  `${blocks}.${layer}.${module}`

/** Full name of a parameter of a block that is no linear's. */
export const parameterName = ({ names }: ModelSpec, layer: number, { name }: ParameterSpec): string =>
  `${names.blocks}.${layer}.${name}`

/** Name of the bias beside a norm's weights. */
export const biasOf = (norm: string): string => norm.replace(/weight$/, 'bias')

/** Every tensor a model of this spec consists of, by its name in a Hugging Face checkpoint. */
export function* requiredTensors(spec: ModelSpec): Generator<{ name: string; shape: number[] }> {
  const { names, vocab, hidden } = spec
  yield { name: names.embedding, shape: [vocab, hidden] }
  if (names.positions) yield { name: names.positions, shape: [spec.context, hidden] }
  for (let layer = 0; layer < spec.layers; layer++) {
    for (const parameter of spec.parameters)
      yield { name: parameterName(spec, layer, parameter), shape: [...parameter.shape] }
    for (const linear of spec.linears) {
      const shape = [linear.out, linear.in]
      yield { name: `${linearName(layer, linear)}.weight`, shape: linear.transposed ? shape.reverse() : shape }
      if (linear.bias) yield { name: `${linearName(layer, linear)}.bias`, shape: [linear.out] }
    }
  }
  yield { name: names.norm, shape: [hidden] }
  if (spec.norm.kind === 'layer') yield { name: biasOf(names.norm), shape: [hidden] }
  if (!spec.tiedHead) yield { name: names.head, shape: [vocab, hidden] }
}

/**
 * Every tensor that the spec needs is there, with its shape, as floats, but for the weights of linears that are stored as
 * codes; and no other in a GGUF file, which has nothing that its model does without. FormatError names the first that is not so.
 */
export function checkTensors(
  spec: ModelSpec,
  source: ModelSource,
  coded: { has(linear: string): boolean } = new Set<string>(),
): void {
  const strangers = new Set(source.provenance.kind === 'gguf' ? source.tensors.keys() : [])
  for (const { name, shape } of requiredTensors(spec)) {
    strangers.delete(name)
    if (coded.has(name.replace(/\.weight$/, ''))) continue
    const fault = findFault(shape, source.tensors.get(name))
    if (fault) throw new FormatError(`tensor ${name}: ${fault}`)
  }
  for (const name of strangers)
    throw new FormatError(
      `tensor ${name}: expected none in a ${spec.architecture}, got one — Bitloom would run this model without it; use another`,
    )
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

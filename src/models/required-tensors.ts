import { FormatError } from '../errors'
import type { Dtype, ModelSource } from '../formats/source'
import { linearName, type ModelSpec } from './spec'

const floats: ReadonlySet<Dtype> = new Set<Dtype>(['F32', 'F16', 'BF16', 'F64'])

/** Every tensor a model of this spec consists of, by its name in a Hugging Face checkpoint. */
export function* requiredTensors(spec: ModelSpec): Generator<{ name: string; shape: number[] }> {
  yield { name: 'model.embed_tokens.weight', shape: [spec.vocab, spec.hidden] }
  for (let layer = 0; layer < spec.layers; layer++) {
    yield { name: `model.layers.${layer}.input_layernorm.weight`, shape: [spec.hidden] }
    yield { name: `model.layers.${layer}.post_attention_layernorm.weight`, shape: [spec.hidden] }
    for (const linear of spec.linears) {
      yield { name: `${linearName(layer, linear)}.weight`, shape: [linear.out, linear.in] }
      if (linear.bias) yield { name: `${linearName(layer, linear)}.bias`, shape: [linear.out] }
    }
  }
  yield { name: 'model.norm.weight', shape: [spec.hidden] }
  if (!spec.tiedHead) yield { name: 'lm_head.weight', shape: [spec.vocab, spec.hidden] }
}

/** Every tensor that the spec needs is there, with its shape, as floats. FormatError names the first that is not. */
export function checkTensors(spec: ModelSpec, source: ModelSource): void {
  for (const { name, shape } of requiredTensors(spec)) {
    const entry = source.tensors.get(name)
    const refuse = (expected: string, got: string, remedy: string): never => {
      throw new FormatError(`tensor ${name}: expected ${expected}, got ${got} — ${remedy}`)
    }
    const wanted = `[${shape.join(', ')}]`
    if (!entry)
      return refuse(wanted, 'none', 'drop all weight files of the model, or the config.json that belongs to them')
    if (entry.shape.length !== shape.length || shape.some((dim, i) => entry.shape[i] !== dim))
      refuse(wanted, `[${entry.shape.join(', ')}]`, 'use the config.json that came with these weights')
    if (!floats.has(entry.dtype))
      refuse('F32, F16, BF16 or F64', entry.dtype, 'use the checkpoint before it was quantized')
  }
}

import type { Dtype } from '../src/formats/dtypes'
import type { ModelSource, TensorEntry } from '../src/formats/source'
import { requiredTensors } from '../src/models/required-tensors'
import { specFromConfig } from '../src/models/spec'
import type { Tokenizer } from '../src/models/tokenizer'
import type { OpenedModel } from '../src/pipeline/opened'
import { noise } from './device'

/** Every option of a LlamaForCausalLM at an odd setting: sizes no tile divides, biases, own head, scaled rope. */
export const tinyConfig = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 101,
  hidden_size: 36,
  intermediate_size: 59,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 14,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  attention_bias: true,
  mlp_bias: true,
  rope_theta: 500,
  rope_scaling: {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 32,
  },
  bos_token_id: 0,
  eos_token_id: 1,
}

/** Random weights for a config: the values by name, and the same as an opened F32 checkpoint. */
export function tinyCheckpoint(config: Record<string, unknown> = tinyConfig) {
  const spec = specFromConfig(config)
  const weights = new Map<string, Float32Array<ArrayBuffer>>()
  const tensors = new Map<string, TensorEntry>()
  let seed = 1
  for (const { name, shape } of requiredTensors(spec)) {
    const isNorm = name.endsWith('norm.weight')
    const values = noise(
      shape.reduce((a, b) => a * b),
      seed++,
    ).map((x) => (isNorm ? 1 + x / 2 : x / 2))
    weights.set(name, values)
    tensors.set(name, entryOf(name, shape, values))
  }
  const provenance = { kind: 'hf-checkpoint', files: [] } as const
  const source: ModelSource = {
    tensors,
    config,
    files: new Map(),
    metadata: {},
    provenance: { ...provenance, files: [] },
  }
  return { spec, weights, source }
}

/** A tensor whose bytes are in memory. */
export function entryOf(name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): TensorEntry {
  const row = shape.slice(1).reduce((a, b) => a * b, 1)
  const dtype: Dtype = 'F32'
  return {
    name,
    dtype,
    shape,
    bytes: values.byteLength,
    read: async ({ start, end } = { start: 0, end: shape[0]! }) =>
      new Uint8Array(values.slice(start * row, end * row).buffer),
  }
}

/** One token a character, its code modulo the vocabulary; BOS is 0. */
export const letterTokenizer = (vocab: number): Tokenizer => ({
  encode: (text, options) => [...(options?.bos ? [0] : []), ...[...text].map((c) => c.charCodeAt(0) % vocab)],
  decode: (ids) => String.fromCharCode(...ids),
  vocab,
  bos: 0,
  addsBos: true,
})

/** `tinyCheckpoint` as the pipeline opens it, reading texts letter by letter. */
export function openedTiny(config: Record<string, unknown> = tinyConfig) {
  const { spec, weights, source } = tinyCheckpoint(config)
  const tokenizer = letterTokenizer(spec.vocab)
  const model: OpenedModel = { name: 'tiny', source, spec, tokenizer, chatTemplate: null, packed: null }
  return { model, spec, weights }
}

/** A text of so many different-looking characters. */
export const tinyText = (length: number, seed = 1): string =>
  String.fromCharCode(...noise(length, seed).map((value) => 160 + Math.floor((value + 1) * 1000)))

import { configError } from '../description-error'
import type { ExpertsSpec, ModelSpec } from '../spec'
import { type Architecture, attentionLinears, type Biases, expertLinears, llamaLike } from './llama-like'
import { activationOf, decoderOptions, dimension, readOptions, windowsOf } from './options'

const options = decoderOptions.extend({
  num_local_experts: dimension.max(1024).default(8),
  num_experts_per_tok: dimension.default(2),
  rms_norm_eps: decoderOptions.shape.rms_norm_eps.default(1e-5),
})

/** Makes the feed-forward part of a model one of many experts, found below `within` in a block. */
export function withExperts(
  plain: ModelSpec,
  experts: ExpertsSpec,
  within: string,
  modules: readonly [gate: string, up: string, down: string],
  biases: Biases = {},
): ModelSpec {
  if (experts.active > experts.count)
    throw configError('num_experts_per_tok', `at most ${experts.count} experts`, experts.active)
  return {
    ...plain,
    experts,
    linears: [...attentionLinears(plain, biases), ...expertLinears(plain, experts.count, within, modules)],
    parameters: [
      ...plain.parameters,
      { key: 'router', name: `${within}.gate.weight`, shape: [experts.count, plain.hidden] },
    ],
  }
}

/** Mixtral (Jiang et al. 2024): Mistral with a choice of feed-forward parts. */
export const mixtral: Architecture = {
  name: 'MixtralForCausalLM',
  modelType: 'mixtral',
  spec(config) {
    activationOf(config, 'hidden_act', ['silu'], 'silu')
    const read = readOptions(options, config)
    const plain = llamaLike(this, config, read, {}, { windows: windowsOf(config, read.num_hidden_layers, () => true) })
    const experts = { count: read.num_local_experts, active: read.num_experts_per_tok, normalized: true }
    return withExperts(plain, experts, 'block_sparse_moe', ['w1', 'w3', 'w2'])
  },
}

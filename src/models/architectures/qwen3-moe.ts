import { z } from 'zod'
import { configError } from '../description-error'
import { type Architecture, headNorms, llamaLike } from './llama-like'
import { withExperts } from './mixtral'
import { activationOf, dimension, only, readOptions } from './options'
import { qwenWindows } from './qwen2'
import { qwen3Options } from './qwen3'

const experts = z.int().min(1).max(1024)

const options = qwen3Options.extend({
  num_experts: experts.optional(),
  num_local_experts: experts.optional(),
  num_experts_per_tok: dimension.default(8),
  moe_intermediate_size: dimension,
  norm_topk_prob: z.boolean().default(false),
  mlp_only_layers: z.array(z.int()).default([]),
})

/** Qwen 3 with experts in every layer (Yang et al. 2025). */
export const qwen3Moe: Architecture = {
  name: 'Qwen3MoeForCausalLM',
  modelType: 'qwen3_moe',
  spec(config) {
    activationOf(config, 'hidden_act', ['silu'], 'silu')
    only(config, 'decoder_sparse_step', 1)
    const read = readOptions(options, config)
    if (read.mlp_only_layers.length > 0)
      throw configError(
        'mlp_only_layers',
        'no layer',
        read.mlp_only_layers,
        'Bitloom runs models whose blocks are all alike',
      )
    const biases = { qkv: read.attention_bias, o: read.attention_bias }
    const plain = llamaLike(this, config, { ...read, intermediate_size: read.moe_intermediate_size }, biases)
    const chosen = {
      count: read.num_experts ?? read.num_local_experts ?? 128,
      active: read.num_experts_per_tok,
      normalized: read.norm_topk_prob,
    }
    const spec = withExperts(plain, chosen, 'mlp', ['gate_proj', 'up_proj', 'down_proj'], biases)
    return {
      ...spec,
      windows: qwenWindows(config, spec.layers),
      parameters: [...spec.parameters, ...headNorms(spec.headDim)],
    }
  },
}

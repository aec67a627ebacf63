import { z } from 'zod'
import type { LinearSpec } from '../spec'
import { layerNorms } from './layer-norms'
import { type Architecture, llamaLike } from './llama-like'
import {
  activationOf,
  decoderOptions,
  dimension,
  epsilon,
  layerCount,
  only,
  positionCount,
  readOptions,
} from './options'

const options = z.object({
  vocab_size: dimension.default(50257),
  n_embd: dimension.default(768),
  n_inner: dimension.nullish(),
  n_layer: layerCount.default(12),
  n_head: dimension.default(12),
  n_positions: positionCount.default(1024),
  layer_norm_epsilon: epsilon.default(1e-5),
  tie_word_embeddings: z.boolean().default(true),
  bos_token_id: decoderOptions.shape.bos_token_id,
  eos_token_id: decoderOptions.shape.eos_token_id,
})

/** GPT-2 (Radford et al. 2019): positions are embedded, and linears stored as [in, out]. */
export const gpt2: Architecture = {
  name: 'GPT2LMHeadModel',
  modelType: 'gpt2',
  spec(config) {
    const read = readOptions(options, config)
    only(config, 'scale_attn_weights', true)
    only(config, 'scale_attn_by_inverse_layer_idx', false)
    only(config, 'add_cross_attention', false)
    const hidden = read.n_embd
    const ffn = read.n_inner ?? 4 * hidden
    const blocks = 'transformer.h'
    const linear = (
      role: LinearSpec['role'],
      stage: number,
      module: string,
      out: number,
      columns: number,
    ): LinearSpec => ({
      ...{ role, stage, module, out, in: columns, bias: true, blocks, transposed: true },
    })
    return llamaLike(
      this,
      config,
      {
        ...{ vocab_size: read.vocab_size, hidden_size: hidden, intermediate_size: ffn },
        ...{ num_hidden_layers: read.n_layer, num_attention_heads: read.n_head },
        ...{ max_position_embeddings: read.n_positions, rms_norm_eps: read.layer_norm_epsilon },
        ...{ tie_word_embeddings: read.tie_word_embeddings, bos_token_id: read.bos_token_id },
        eos_token_id: read.eos_token_id,
      },
      {},
      {
        norm: { kind: 'layer', eps: read.layer_norm_epsilon, offset: 0 },
        rope: null,
        activation: activationOf(config, 'activation_function', ['gelu', 'gelu_tanh'], 'gelu_new'),
        fusedHeads: 'after',
        names: {
          ...{ blocks, embedding: 'transformer.wte.weight', positions: 'transformer.wpe.weight' },
          ...{ norm: 'transformer.ln_f.weight', head: 'lm_head.weight' },
        },
        linears: [
          linear('qkv', 0, 'attn.c_attn', 3 * hidden, hidden),
          linear('o', 1, 'attn.c_proj', hidden, hidden),
          linear('up', 2, 'mlp.c_fc', ffn, hidden),
          linear('down', 3, 'mlp.c_proj', hidden, ffn),
        ],
        parameters: layerNorms('ln_1', 'ln_2', hidden),
      },
    )
  },
}

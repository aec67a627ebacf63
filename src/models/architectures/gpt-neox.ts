import { z } from 'zod'
import { readRope } from '../rope'
import type { LinearSpec } from '../spec'
import { layerNorms } from './layer-norms'
import { type Architecture, llamaLike } from './llama-like'
import { activationOf, decoderOptions, epsilon, headsOf, readOptions } from './options'

const options = decoderOptions.extend({
  layer_norm_eps: epsilon.default(1e-5),
  rotary_pct: z.number().positive().max(1).default(0.25),
  rotary_emb_base: z.number().positive().default(10000),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
})

/** GPT-NeoX (Black et al. 2022) and Pythia: a part of each head turns, both halves of a block read its input. */
export const gptNeox: Architecture = {
  name: 'GPTNeoXForCausalLM',
  modelType: 'gpt_neox',
  spec(config) {
    const read = readOptions(options, config)
    const { hidden_size: hidden, intermediate_size: ffn, attention_bias: bias } = read
    const { headDim } = headsOf(read)
    const blocks = 'gpt_neox.layers'
    const linear = (
      role: LinearSpec['role'],
      stage: number,
      module: string,
      out: number,
      columns: number,
      biased = true,
    ): LinearSpec => ({
      ...{ role, stage, module, out, in: columns, bias: biased, blocks },
    })
    const rope = readRope(
      { rope_theta: read.rotary_emb_base, partial_rotary_factor: read.rotary_pct, ...config },
      headDim,
    )
    return {
      ...llamaLike(this, config, read, {}, { rope: null }),
      rope,
      norm: { kind: 'layer', eps: read.layer_norm_eps, offset: 0 },
      activation: activationOf(config, 'hidden_act', ['gelu', 'gelu_tanh'], 'gelu'),
      fusedHeads: 'within',
      parallel: read.use_parallel_residual,
      names: {
        ...{ blocks, embedding: 'gpt_neox.embed_in.weight', positions: null },
        ...{ norm: 'gpt_neox.final_layer_norm.weight', head: 'embed_out.weight' },
      },
      linears: [
        linear('qkv', 0, 'attention.query_key_value', 3 * hidden, hidden, bias),
        linear('o', 1, 'attention.dense', hidden, hidden, bias),
        linear('up', 2, 'mlp.dense_h_to_4h', ffn, hidden),
        linear('down', 3, 'mlp.dense_4h_to_h', hidden, ffn),
      ],
      parameters: layerNorms('input_layernorm', 'post_attention_layernorm', hidden),
    }
  },
}

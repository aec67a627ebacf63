import { z } from 'zod'
import { type Architecture, llamaLike } from './llama-like'
import { activationOf, decoderOptions, readOptions } from './options'

const options = decoderOptions.extend({
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
})

/** LLaMA 1 to 3 (Touvron et al. 2023), and what has its shape: TinyLlama, SmolLM. */
export const llama: Architecture = {
  name: 'LlamaForCausalLM',
  modelType: 'llama',
  spec(config) {
    activationOf(config, 'hidden_act', ['silu'], 'silu')
    const read = readOptions(options, config)
    return llamaLike(this, config, read, { qkv: read.attention_bias, o: read.attention_bias, mlp: read.mlp_bias })
  },
}

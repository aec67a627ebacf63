import { z } from 'zod'
import { type Architecture, headNorms, llamaLike } from './llama-like'
import { activationOf, decoderOptions, readOptions } from './options'
import { qwenWindows } from './qwen2'

/** Heads have a size of their own in Qwen 3. */
export const qwen3Options = decoderOptions.extend({
  head_dim: decoderOptions.shape.head_dim.default(128),
  attention_bias: z.boolean().default(false),
})

/** Qwen 3 (Yang et al. 2025): LLaMA whose queries and keys are normed head by head. */
export const qwen3: Architecture = {
  name: 'Qwen3ForCausalLM',
  modelType: 'qwen3',
  spec(config) {
    activationOf(config, 'hidden_act', ['silu'], 'silu')
    const read = readOptions(qwen3Options, config)
    const plain = llamaLike(this, config, read, { qkv: read.attention_bias, o: read.attention_bias })
    return {
      ...plain,
      windows: qwenWindows(config, plain.layers),
      parameters: [...plain.parameters, ...headNorms(plain.headDim)],
    }
  },
}

import { type Architecture, llamaLike } from './llama-like'
import { activationOf, decoderOptions, readOptions, windowsOf } from './options'

/** Mistral 7B (Jiang et al. 2023): LLaMA whose queries see a window of keys. */
export const mistral: Architecture = {
  name: 'MistralForCausalLM',
  modelType: 'mistral',
  spec(config) {
    activationOf(config, 'hidden_act', ['silu'], 'silu')
    const read = readOptions(decoderOptions, config)
    return llamaLike(this, config, read, {}, { windows: windowsOf(config, read.num_hidden_layers, () => true) })
  },
}

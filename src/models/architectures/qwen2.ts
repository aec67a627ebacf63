import { z } from 'zod'
import { type Architecture, llamaLike } from './llama-like'
import { activationOf, decoderOptions, readOptions, windowsOf } from './options'

const windowOptions = z.object({
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.int().min(0).default(28),
})

/** Windows of Qwen's models: of the last layers, where the config asks for any. */
export function qwenWindows(config: Record<string, unknown>, layers: number): (number | null)[] {
  const { use_sliding_window, max_window_layers } = readOptions(windowOptions, config)
  const options = use_sliding_window ? config : { ...config, sliding_window: null }
  return windowsOf(options, layers, (layer) => layer >= max_window_layers)
}

/** Qwen 2 and 2.5 (Yang et al. 2024): LLaMA with biases of queries, keys and values. */
export const qwen2: Architecture = {
  name: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  spec(config) {
    activationOf(config, 'hidden_act', ['silu'], 'silu')
    const read = readOptions(decoderOptions, config)
    return llamaLike(this, config, read, { qkv: true }, { windows: qwenWindows(config, read.num_hidden_layers) })
  },
}

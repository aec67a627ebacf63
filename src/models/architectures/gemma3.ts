import { z } from 'zod'
import { readRope } from '../rope'
import { gemmaLike, gemmaOptions } from './gemma2'
import { type Architecture, headNorms } from './llama-like'
import { readOptions, windowsOf } from './options'

const options = gemmaOptions.extend({
  max_position_embeddings: gemmaOptions.shape.max_position_embeddings.default(131072),
  sliding_window_pattern: z.int().min(1).default(6),
  rope_local_base_freq: z.number().positive().default(10000),
  rope_theta: z.number().positive().default(1_000_000),
})

const byLayerType = z.object({
  full_attention: z.record(z.string(), z.unknown()),
  sliding_attention: z.record(z.string(), z.unknown()),
})

/**
 * The text part of Gemma 3 (Gemma Team 2025, arXiv 2503.19786): queries and keys are normed, five of six layers see a window,
 * and heads turn faster in those.
 */
export const gemma3: Architecture = {
  name: 'Gemma3ForCausalLM',
  modelType: 'gemma3_text',
  spec(config) {
    const read = readOptions(options, config)
    // newer configs hold both kinds of turning in one place
    const both = byLayerType.safeParse(config.rope_parameters).data
    const global = both ? { rope_parameters: both.full_attention } : { ...config, rope_theta: read.rope_theta }
    const local = both ? { rope_parameters: both.sliding_attention } : { rope_theta: read.rope_local_base_freq }
    const plain = gemmaLike(this, { ...config, rope_parameters: undefined, ...global }, read)
    const pattern = read.sliding_window_pattern
    return {
      ...plain,
      localRope: readRope(local, plain.headDim),
      windows: windowsOf({ sliding_window: 4096, ...config }, plain.layers, (layer) => (layer + 1) % pattern !== 0),
      parameters: [...plain.parameters, ...headNorms(plain.headDim)],
    }
  },
}

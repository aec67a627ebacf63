import { z } from 'zod'
import { configError } from '../description-error'
import type { ModelSpec } from '../spec'
import { type Architecture, llamaLike, norm } from './llama-like'
import { activationOf, decoderOptions, readOptions, windowsOf } from './options'

const cap = z.number().positive().nullish()

/** What Gemma 2 and 3 call alike, with the defaults of transformers. */
export const gemmaOptions = decoderOptions.extend({
  head_dim: decoderOptions.shape.head_dim.default(256),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  query_pre_attn_scalar: z.number().positive().default(256),
  attn_logit_softcapping: cap,
  final_logit_softcapping: cap,
})

/** Norms before and behind both halves of a block, stored as distances from 1; loud embeddings; GELU. */
export function gemmaLike(
  architecture: Architecture,
  config: Record<string, unknown>,
  read: z.infer<typeof gemmaOptions>,
): ModelSpec {
  if (config.hidden_activation === undefined && config.hidden_act !== undefined && config.hidden_act !== null)
    activationOf(config, 'hidden_act', ['gelu_tanh'], 'gelu_pytorch_tanh')
  const activation = activationOf(config, 'hidden_activation', ['gelu_tanh'], 'gelu_pytorch_tanh')
  if (config.use_bidirectional_attention === true)
    throw configError('use_bidirectional_attention', 'false', true, 'Bitloom runs causal models only')
  const bias = { qkv: read.attention_bias, o: read.attention_bias }
  const { hidden_size: hidden } = read
  return llamaLike(architecture, config, read, bias, {
    norm: { kind: 'rms', eps: read.rms_norm_eps, offset: 1 },
    scores: { scale: read.query_pre_attn_scalar ** -0.5, softcap: read.attn_logit_softcapping ?? null },
    activation,
    embeddingScale: Math.sqrt(hidden),
    logitSoftcap: read.final_logit_softcapping ?? null,
    parameters: [
      norm('attnNorm', 'input_layernorm', hidden),
      norm('attnOutNorm', 'post_attention_layernorm', hidden),
      norm('mlpNorm', 'pre_feedforward_layernorm', hidden),
      norm('mlpOutNorm', 'post_feedforward_layernorm', hidden),
    ],
  })
}

const capped = gemmaOptions.extend({
  attn_logit_softcapping: cap.default(50),
  final_logit_softcapping: cap.default(30),
})

/** Gemma 2 (Gemma Team 2024, arXiv 2408.00118): scores and logits are capped, every other layer sees a window. */
export const gemma2: Architecture = {
  name: 'Gemma2ForCausalLM',
  modelType: 'gemma2',
  spec(config) {
    const plain = gemmaLike(this, config, readOptions(capped, config))
    return {
      ...plain,
      windows: windowsOf({ sliding_window: 4096, ...config }, plain.layers, (layer) => layer % 2 === 0),
    }
  },
}

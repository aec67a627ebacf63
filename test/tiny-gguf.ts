import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTokenizer } from '../src/models/tokenizer'
import type { OpenedModel } from '../src/pipeline/opened'
import { nano } from './cli'
import { entryOf, tinyCheckpoint } from './tiny-checkpoint'

/** A tiny model with the tokenizer of wren-nano; its logits are calm, since llama.cpp rounds activations to eight bits. */
export function tinyModel(config: Record<string, unknown>): OpenedModel {
  const files = new Map(
    ['config.json', 'tokenizer.json', 'tokenizer_config.json'].map((name) => [name, readFileSync(join(nano, name))]),
  )
  const { spec, source, weights } = tinyCheckpoint({
    ...{ vocab_size: 8192, hidden_size: 256, intermediate_size: 256, num_hidden_layers: 2, num_attention_heads: 4 },
    ...{ num_key_value_heads: 2, tie_word_embeddings: true, max_position_embeddings: 1024, rope_theta: 500 },
    ...{ bos_token_id: 0, eos_token_id: 1, rms_norm_eps: 1e-5 },
    ...config,
  })
  const embedding = 'model.embed_tokens.weight'
  const calm = weights.get(embedding)!.map((value) => value / 4)
  const tensors = new Map(source.tensors).set(embedding, entryOf(embedding, source.tensors.get(embedding)!.shape, calm))
  const opened = { name: 'tiny', source: { ...source, tensors, files }, spec, tokenizer: openTokenizer(files) }
  return { ...opened, chatTemplate: null, packed: null }
}

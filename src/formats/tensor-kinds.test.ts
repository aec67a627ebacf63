import { expect, it } from 'vitest'
import { kindOf, placeOf } from './tensor-kinds'

it.each([
  ['model.embed_tokens.weight', 'embedding'],
  ['token_embd.weight', 'embedding'],
  ['transformer.wpe.weight', 'embedding'],
  ['model.layers.0.input_layernorm.weight', 'norm'],
  ['blk.0.attn_norm.weight', 'norm'],
  ['transformer.h.0.ln_1.bias', 'norm'],
  ['output_norm.weight', 'norm'],
  ['model.layers.3.self_attn.q_proj.qweight', 'attention'],
  ['blk.3.attn_output.weight', 'attention'],
  ['base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight', 'attention'],
  ['vision_model.encoder.layers.0.mlp.fc1.weight', 'feed-forward'],
  ['blk.1.ffn_down.weight', 'feed-forward'],
  ['blk.1.ffn_up_exps.weight', 'experts'],
  ['model.layers.0.mlp.experts.12.down_proj.weight', 'experts'],
  ['lm_head.weight', 'head'],
  ['output.weight', 'head'],
  ['something.else', 'other'],
])('%s is of %s', (name, kind) => expect(kindOf(name)).toBe(kind))

it('finds the block of a tensor', () => {
  expect(placeOf('blk.12.attn_q.weight')).toEqual({ stack: 'blk', layer: 12, role: 'attn_q' })
  expect(placeOf('model.layers.3.mlp.experts.7.up_proj.weight')).toEqual({
    ...{ stack: 'model.layers', layer: 3, role: 'mlp.experts.*.up_proj' },
  })
  for (const part of ['weight', 'g_idx', 'sparse.codes', 'lora_A.weight', 'weight_shape'])
    expect(placeOf(`h.3.attn.q.${part}`)).toEqual({ stack: 'h', layer: 3, role: 'attn.q' })
  for (const name of ['token_embd.weight', '3.weight', 'a.3', 'a.3.weight', `a.${'9'.repeat(500)}.b`])
    expect(placeOf(name)).toBeNull()
})

import { describe, expect, it } from 'vitest'
import { checkpointName, ggufName } from './names'
import { ggmlTypeOf, ggmlTypes } from './types'

describe('names of tensors', () => {
  it.each([
    ['model.embed_tokens.weight', 'token_embd.weight'],
    ['model.norm.weight', 'output_norm.weight'],
    ['lm_head.weight', 'output.weight'],
    ['model.layers.0.input_layernorm.weight', 'blk.0.attn_norm.weight'],
    ['model.layers.31.self_attn.q_proj.bias', 'blk.31.attn_q.bias'],
    ['model.layers.7.self_attn.o_proj.weight', 'blk.7.attn_output.weight'],
    ['model.layers.7.mlp.down_proj.weight', 'blk.7.ffn_down.weight'],
  ])('%s is %s', (checkpoint, gguf) => {
    expect(ggufName(checkpoint)).toBe(gguf)
    expect(checkpointName(gguf)).toBe(checkpoint)
  })

  it.each([
    ['gpt2', 'transformer.wpe.weight', 'position_embd.weight'],
    ['gpt2', 'transformer.h.11.attn.c_attn.bias', 'blk.11.attn_qkv.bias'],
    ['gptneox', 'embed_out.weight', 'output.weight'],
    ['gptneox', 'gpt_neox.layers.2.mlp.dense_4h_to_h.weight', 'blk.2.ffn_down.weight'],
    ['gemma3', 'model.layers.2.post_attention_layernorm.weight', 'blk.2.post_attention_norm.weight'],
    ['gemma3', 'model.layers.2.pre_feedforward_layernorm.weight', 'blk.2.ffn_norm.weight'],
  ])('of architecture %s: %s is %s', (architecture, checkpoint, gguf) => {
    expect(ggufName(checkpoint, architecture)).toBe(gguf)
    expect(checkpointName(gguf, architecture)).toBe(checkpoint)
  })

  it('are known without how the whole is called', () => {
    expect(ggufName('h.0.ln_1.bias', 'gpt2')).toBe('blk.0.attn_norm.bias')
    expect(ggufName('wte.weight', 'gpt2')).toBe('token_embd.weight')
    expect(ggufName('layers.0.mlp.up_proj.weight')).toBe('blk.0.ffn_up.weight')
  })

  it.each(['rope_freqs.weight', 'blk.0.attn_q', 'blk.x.attn_q.weight', 'constructor.weight', ''])(
    'knows no %j',
    (name) => {
      expect(checkpointName(name)).toBeNull()
      expect(ggufName(name)).toBeNull()
    },
  )
})

describe('types', () => {
  it('are found by id and by name', () => {
    expect(ggmlTypeOf(14)).toEqual({ id: 14, name: 'Q6_K', weights: 256, bytes: 210, rows: 1 })
    expect(ggmlTypes.Q1_0).toEqual({ id: 41, name: 'Q1_0', weights: 128, bytes: 18, rows: 1 })
    expect(ggmlTypeOf(4)).toEqual({ id: 4, name: 'type 4', weights: null })
  })
})

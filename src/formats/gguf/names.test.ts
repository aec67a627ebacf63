import { describe, expect, it } from 'vitest'
import { checkpointName, checkpointRow, ggufName, ggufRow, isPermuted } from './names'
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

  it.each(['rope_freqs.weight', 'blk.0.attn_q', 'blk.x.attn_q.weight', 'constructor.weight', ''])(
    'knows no %j',
    (name) => {
      expect(checkpointName(name)).toBeNull()
      expect(ggufName(name)).toBeNull()
    },
  )
})

describe('order of q and k', () => {
  it('is that of reshape(heads, 2, d / 2).swapaxes(1, 2)', () => {
    const order = Array.from({ length: 12 }, (_, row) => checkpointRow(row, 6))
    expect(order).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
    expect(order.map((row) => ggufRow(row, 6))).toEqual(order.map((_, row) => row))
  })

  it('differs in architecture llama alone', () => {
    expect(isPermuted('llama', 'model.layers.2.self_attn.k_proj.weight')).toBe(true)
    expect(isPermuted('llama', 'model.layers.2.self_attn.v_proj.weight')).toBe(false)
    expect(isPermuted('qwen2', 'model.layers.2.self_attn.k_proj.weight')).toBe(false)
  })
})

describe('types', () => {
  it('are found by id and by name', () => {
    expect(ggmlTypeOf(14)).toEqual({ id: 14, name: 'Q6_K', weights: 256, bytes: 210 })
    expect(ggmlTypes.Q1_0).toEqual({ id: 41, name: 'Q1_0', weights: 128, bytes: 18 })
    expect(ggmlTypeOf(4)).toBeUndefined()
  })
})

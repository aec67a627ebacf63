import { describe, expect, it } from 'vitest'
import { FormatError } from '../../errors'
import { feedOf } from '../feeds'
import { requiredTensors } from '../required-tensors'
import { type ModelSpec, specFromConfig, specFromFiles } from '../spec'

/** What config.json of a published model says, and how many parameters its page names. */
const PUBLISHED: Record<string, readonly [config: Record<string, unknown>, parameters: number]> = {
  'Mistral 7B v0.1': [
    {
      ...{ architectures: ['MistralForCausalLM'], vocab_size: 32000, hidden_size: 4096, intermediate_size: 14336 },
      ...{ num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5 },
      ...{ max_position_embeddings: 32768, sliding_window: 4096, rope_theta: 10000, tie_word_embeddings: false },
    },
    7_241_732_096,
  ],
  'Qwen2.5 0.5B': [
    {
      ...{ architectures: ['Qwen2ForCausalLM'], vocab_size: 151936, hidden_size: 896, intermediate_size: 4864 },
      ...{ num_hidden_layers: 24, num_attention_heads: 14, num_key_value_heads: 2, rope_theta: 1e6 },
      ...{ max_position_embeddings: 32768, max_window_layers: 24, sliding_window: 32768, use_sliding_window: false },
      tie_word_embeddings: true,
    },
    494_032_768,
  ],
  'Qwen3 0.6B': [
    {
      ...{ architectures: ['Qwen3ForCausalLM'], vocab_size: 151936, hidden_size: 1024, intermediate_size: 3072 },
      ...{ num_hidden_layers: 28, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 128, rope_theta: 1e6 },
      ...{ attention_bias: false, sliding_window: null, use_sliding_window: false, tie_word_embeddings: true },
    },
    596_049_920,
  ],
  'Phi-3 mini 4k': [
    {
      ...{ architectures: ['Phi3ForCausalLM'], vocab_size: 32064, hidden_size: 3072, intermediate_size: 8192 },
      ...{ num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 32, rope_scaling: null },
      ...{ max_position_embeddings: 4096, original_max_position_embeddings: 4096, sliding_window: 2047 },
    },
    3_821_079_552,
  ],
  'Gemma 2 2B': [
    {
      ...{ architectures: ['Gemma2ForCausalLM'], vocab_size: 256000, hidden_size: 2304, intermediate_size: 9216 },
      ...{ num_hidden_layers: 26, num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256 },
      ...{ hidden_act: 'gelu_pytorch_tanh', hidden_activation: 'gelu_pytorch_tanh', sliding_window: 4096 },
      ...{ attn_logit_softcapping: 50, final_logit_softcapping: 30, query_pre_attn_scalar: 256 },
      ...{ rope_theta: 10000, max_position_embeddings: 8192 },
    },
    2_614_341_888,
  ],
  'Gemma 3 1B': [
    {
      ...{ architectures: ['Gemma3ForCausalLM'], vocab_size: 262144, hidden_size: 1152, intermediate_size: 6912 },
      ...{ num_hidden_layers: 26, num_attention_heads: 4, num_key_value_heads: 1, head_dim: 256 },
      ...{ hidden_activation: 'gelu_pytorch_tanh', query_pre_attn_scalar: 256, sliding_window: 512 },
      ...{ sliding_window_pattern: 6, rope_theta: 1e6, rope_local_base_freq: 10000, rope_scaling: null },
    },
    999_885_952,
  ],
  'GPT-2': [
    {
      ...{ architectures: ['GPT2LMHeadModel'], vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12 },
      ...{ n_ctx: 1024, n_positions: 1024, activation_function: 'gelu_new', layer_norm_epsilon: 1e-5 },
    },
    124_439_808,
  ],
  'Pythia 70M': [
    {
      ...{ architectures: ['GPTNeoXForCausalLM'], vocab_size: 50304, hidden_size: 512, intermediate_size: 2048 },
      ...{ num_hidden_layers: 6, num_attention_heads: 8, rotary_pct: 0.25, rotary_emb_base: 10000 },
      ...{ hidden_act: 'gelu', use_parallel_residual: true, tie_word_embeddings: false },
    },
    70_426_624,
  ],
  'Mixtral 8×7B': [
    {
      ...{ architectures: ['MixtralForCausalLM'], vocab_size: 32000, hidden_size: 4096, intermediate_size: 14336 },
      ...{ num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, rope_theta: 1e6 },
      ...{ num_local_experts: 8, num_experts_per_tok: 2, sliding_window: null, tie_word_embeddings: false },
    },
    46_702_792_704,
  ],
  'Qwen3 30B A3B': [
    {
      ...{ architectures: ['Qwen3MoeForCausalLM'], vocab_size: 151936, hidden_size: 2048, intermediate_size: 6144 },
      ...{ num_hidden_layers: 48, num_attention_heads: 32, num_key_value_heads: 4, head_dim: 128 },
      ...{ num_experts: 128, num_experts_per_tok: 8, moe_intermediate_size: 768, norm_topk_prob: true },
      ...{ decoder_sparse_step: 1, mlp_only_layers: [], rope_theta: 1e6, tie_word_embeddings: false },
    },
    30_532_122_624,
  ],
}

const specOf = (name: string, changes: Record<string, unknown> = {}): ModelSpec =>
  specFromConfig({ ...PUBLISHED[name]![0], ...changes })

describe('published models', () => {
  it.each(Object.keys(PUBLISHED))('%s has the parameters that its page names', (name) => {
    const shapes = [...requiredTensors(specOf(name))].map(({ shape }) => shape.reduce((product, n) => product * n, 1))
    expect(shapes.reduce((sum, count) => sum + count, 0)).toBe(PUBLISHED[name]![1])
  })
})

describe('windows', () => {
  const windows = (name: string, changes = {}) => specOf(name, changes).windows

  it('are all of Mistral’s, none of most Qwens', () => {
    expect(new Set(windows('Mistral 7B v0.1'))).toEqual(new Set([4096]))
    expect(new Set(windows('Mistral 7B v0.1', { sliding_window: null }))).toEqual(new Set([null]))
    expect(new Set(windows('Qwen2.5 0.5B'))).toEqual(new Set([null]))
    const last = windows('Qwen2.5 0.5B', { use_sliding_window: true, max_window_layers: 22 })
    expect(last.slice(20)).toEqual([null, null, 32768, 32768])
  })

  it('are every other layer’s of Gemma 2, five of six of Gemma 3, or as layer_types says', () => {
    expect(windows('Gemma 2 2B').slice(0, 3)).toEqual([4096, null, 4096])
    expect(windows('Gemma 3 1B').slice(4, 8)).toEqual([512, null, 512, 512])
    const layer_types = Array.from({ length: 26 }, (_, layer) => (layer === 3 ? 'full_attention' : 'sliding_attention'))
    expect(windows('Gemma 3 1B', { layer_types }).slice(2, 6)).toEqual([512, null, 512, 512])
  })
})

describe('what turns', () => {
  it('is a part of Pythia’s heads, nothing of GPT-2’s', () => {
    expect(specOf('Pythia 70M').rope).toEqual({ theta: 10000, scaling: null, turned: 16 })
    expect(specOf('GPT-2').rope).toBeNull()
  })

  it('is slower in Gemma 3’s layers that see all, in configs of any age', () => {
    const linear = { rope_type: 'linear', factor: 8 }
    expect(specOf('Gemma 3 1B', { rope_scaling: linear })).toMatchObject({
      rope: { theta: 1e6, scaling: { type: 'linear', factor: 8 } },
      localRope: { theta: 10000, scaling: null },
    })
    const rope_parameters = {
      full_attention: { ...linear, rope_theta: 2e6 },
      sliding_attention: { rope_type: 'default', rope_theta: 5e3 },
    }
    expect(specOf('Gemma 3 1B', { rope_parameters })).toMatchObject({
      rope: { theta: 2e6, scaling: { type: 'linear' } },
      localRope: { theta: 5e3, scaling: null },
    })
  })

  it('has two sets of factors in Phi-3 for long texts', () => {
    const factors = { short_factor: Array(48).fill(1.1), long_factor: Array(48).fill(9) }
    const changes = { max_position_embeddings: 131072, rope_scaling: { type: 'su', ...factors } }
    expect(specOf('Phi-3 mini 4k', changes).rope!.scaling).toMatchObject({
      ...{ type: 'longrope', short: factors.short_factor, originalContext: 4096 },
      attention: expect.closeTo(1.1902380714238083, 12),
    })
    const wrong = { rope_scaling: { type: 'longrope', ...factors, long_factor: [1] } }
    expect(() => specOf('Phi-3 mini 4k', wrong)).toThrow(/long_factor: expected 48 numbers, got 1/)
  })
})

it('finds a decoder that is stored without the name of the whole', () => {
  const [config] = PUBLISHED['GPT-2']!
  const spec = specFromFiles(config, new Map(), new Map([['wte.weight', 1]]))
  const names = [...requiredTensors(spec)].map(({ name }) => name)
  expect(names).toContain('wpe.weight')
  expect(names).toContain('h.11.ln_2.bias')
  expect(names).toContain('h.0.mlp.c_fc.weight')
  expect(names).toContain('ln_f.bias')
  expect(names.filter((name) => name.startsWith('transformer.'))).toEqual([])
})

describe('what feeds a stage', () => {
  it('is a norm, values, or up; nothing where no factor passes', () => {
    expect(feedOf(specOf('Qwen3 0.6B'), 0)).toEqual({ norm: 'attnNorm' })
    expect(feedOf(specOf('Qwen3 0.6B'), 1)).toBeNull()
    expect(feedOf(specOf('Qwen3 0.6B'), 3)).toEqual({ role: 'up', rows: null })
    expect(feedOf(specOf('GPT-2'), 3)).toBeNull()
    expect(feedOf(specOf('Mixtral 8×7B'), 4)).toBeNull()
    expect(feedOf(specOf('Mixtral 8×7B'), 5)).toEqual({ role: 'experts.1.up', rows: null })
  })

  it('is some rows of a fused linear', () => {
    const rowsOf = (name: string, stage: number) => {
      const feed = feedOf(specOf(name), stage)
      return feed && 'rows' in feed ? [feed.role, feed.rows!.length, feed.rows![0], feed.rows![64]] : null
    }
    expect(rowsOf('GPT-2', 1)).toEqual(['qkv', 768, 1536, 1600])
    expect(rowsOf('Pythia 70M', 1)).toEqual(['qkv', 512, 128, 320])
    expect(rowsOf('Phi-3 mini 4k', 3)).toEqual(['gate_up', 8192, 8192, 8256])
  })
})

it.each([
  ['GPT-2', { activation_function: 'relu' }, /activation_function: expected .*gelu_new.*, got "relu"/],
  ['GPT-2', { scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx: expected false, got true/],
  ['Gemma 2 2B', { hidden_activation: 'silu' }, /hidden_activation: expected .*gelu_pytorch_tanh, got "silu"/],
  ['Gemma 3 1B', { use_bidirectional_attention: true }, /use_bidirectional_attention: expected false/],
  ['Gemma 3 1B', { layer_types: ['full_attention'] }, /layer_types: expected 26 types, one a layer, got 1/],
  ['Mistral 7B v0.1', { layer_types: Array(32).fill('linear_attention') }, /layer_types: .* got "linear_attention"/],
  ['Mixtral 8×7B', { num_experts_per_tok: 9 }, /num_experts_per_tok: expected at most 8 experts, got 9/],
  ['Qwen3 30B A3B', { mlp_only_layers: [0] }, /mlp_only_layers: expected "?no layer/],
  ['Qwen3 30B A3B', { decoder_sparse_step: 2 }, /decoder_sparse_step: expected 1, got 2/],
  ['Qwen3 30B A3B', { num_experts: 1e6 }, /num_experts: Too big/],
  ['Pythia 70M', { rotary_pct: 0.01 }, /partial_rotary_factor: expected an even part of 64/],
])('%s is refused with %o', (name, change, message) => {
  expect(() => specOf(name, change)).toThrow(FormatError)
  expect(() => specOf(name, change)).toThrow(message)
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import type { ModelSource, TensorEntry } from '../formats/source'
import { checkTensors, linearName, requiredTensors } from './required-tensors'
import { specFromConfig, specFromFiles } from './spec'

const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 24,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  hidden_act: 'silu',
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  bos_token_id: 1,
  eos_token_id: 2,
}

describe('specFromConfig', () => {
  it('reads a plain LLaMA config', () => {
    expect(specFromConfig(config)).toEqual({
      architecture: 'LlamaForCausalLM',
      vocab: 100,
      hidden: 24,
      ffn: 40,
      layers: 2,
      heads: 4,
      kvHeads: 2,
      headDim: 6,
      norm: { kind: 'rms', eps: 1e-5, offset: 0 },
      rope: { theta: 10000, scaling: null, turned: 6 },
      localRope: null,
      windows: [null, null],
      scores: { scale: 1 / Math.sqrt(6), softcap: null },
      activation: 'silu',
      fusedHeads: null,
      parallel: false,
      experts: null,
      embeddingScale: 1,
      logitSoftcap: null,
      tiedHead: false,
      names: {
        blocks: 'model.layers',
        embedding: 'model.embed_tokens.weight',
        positions: null,
        norm: 'model.norm.weight',
        head: 'lm_head.weight',
      },
      parameters: [
        { key: 'attnNorm', name: 'input_layernorm.weight', shape: [24] },
        { key: 'mlpNorm', name: 'post_attention_layernorm.weight', shape: [24] },
      ],
      context: 64,
      bos: 1,
      eos: [2],
      linears: [
        { role: 'q', stage: 0, module: 'self_attn.q_proj', out: 24, in: 24, bias: false },
        { role: 'k', stage: 0, module: 'self_attn.k_proj', out: 12, in: 24, bias: false },
        { role: 'v', stage: 0, module: 'self_attn.v_proj', out: 12, in: 24, bias: false },
        { role: 'o', stage: 1, module: 'self_attn.o_proj', out: 24, in: 24, bias: false },
        { role: 'gate', stage: 2, module: 'mlp.gate_proj', out: 40, in: 24, bias: false },
        { role: 'up', stage: 2, module: 'mlp.up_proj', out: 40, in: 24, bias: false },
        { role: 'down', stage: 3, module: 'mlp.down_proj', out: 24, in: 40, bias: false },
      ],
    })
  })

  it('fills in what LlamaConfig defaults', () => {
    const { num_key_value_heads: _, rms_norm_eps: __, max_position_embeddings: ___, ...bare } = config
    const spec = specFromConfig({ ...bare, head_dim: null, num_key_value_heads: null })
    expect(spec).toMatchObject({ kvHeads: 4, headDim: 6, norm: { eps: 1e-6 }, context: 2048, tiedHead: false })
  })

  it('takes a head_dim of its own, biases and tied heads', () => {
    const options = { head_dim: 8, attention_bias: true, mlp_bias: true, tie_word_embeddings: true }
    const spec = specFromConfig({ ...config, ...options })
    expect(spec.linears.map((linear) => [linear.role, linear.out, linear.in])).toEqual([
      ['q', 32, 24],
      ['k', 16, 24],
      ['v', 16, 24],
      ['o', 24, 32],
      ['gate', 40, 24],
      ['up', 40, 24],
      ['down', 24, 40],
    ])
    expect(spec.linears.every(({ bias }) => bias)).toBe(true)
    expect(spec.tiedHead).toBe(true)
  })

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [null, []],
    [-1, []],
    [100, []],
  ])('reads eos_token_id %o as %o', (eos_token_id, eos) => {
    expect(specFromConfig({ ...config, eos_token_id }).eos).toEqual(eos)
  })

  it.each([
    [{ eos_token_id: [3, 2, 100] }, [2, 3]],
    [{ eos_token_id: 5 }, [2, 5]],
    [{}, [2]],
  ])('adds the end tokens of a generation config %o', (generation, eos) => {
    const files = new Map([['generation_config.json', new TextEncoder().encode(JSON.stringify(generation))]])
    expect(specFromFiles(config, files).eos).toEqual(eos)
    expect(specFromFiles(config, new Map()).eos).toEqual([2])
  })

  it('refuses a generation config whose end token is none', () => {
    const files = new Map([['generation_config.json', new TextEncoder().encode('{"eos_token_id":"</s>"}')]])
    expect(() => specFromFiles(config, files)).toThrow(/generation_config\.json eos_token_id: /)
  })

  it('goes by model_type where no architecture is named', () => {
    expect(specFromConfig({ ...config, architectures: undefined }).layers).toBe(2)
  })

  it.each([
    [
      { architectures: ['MambaForCausalLM'] },
      /architectures: expected one of LlamaForCausalLM, .*, got "MambaForCausalLM"/,
    ],
    [{ architectures: undefined, model_type: 'mamba' }, /architectures: .* got "mamba"/],
    [{ architectures: undefined, model_type: undefined }, /architectures: .* got nothing/],
    [{ hidden_act: 'gelu' }, /hidden_act: expected silu or swish, got "gelu"/],
    [{ quantization_config: { quant_method: 'awq', bits: 4 } }, /quantization_config: expected none, .*got "awq"/],
    [{ hidden_size: undefined }, /hidden_size: expected .*, got undefined/],
    [{ hidden_size: '24' }, /hidden_size: expected .*, got string/],
    [{ hidden_size: 2.5 }, /hidden_size/],
    [{ vocab_size: 1e9 }, /vocab_size: Too big/],
    [{ num_hidden_layers: 1001 }, /num_hidden_layers: Too big/],
    [{ num_attention_heads: 0 }, /num_attention_heads: Too small/],
    [{ num_key_value_heads: 3 }, /num_key_value_heads: expected a divisor of 4 attention heads, got 3/],
    [{ num_attention_heads: 5, num_key_value_heads: 5 }, /head_dim .*: expected an even number, got 4.8/],
    [{ head_dim: 7 }, /head_dim .*: expected an even number, got 7/],
    [{ head_dim: 1_000_000 }, /num_attention_heads × head_dim: expected at most 1000000, got 4000000/],
    [{ rms_norm_eps: 0 }, /rms_norm_eps/],
  ])('refuses %o', (change, message) => {
    const act = () => specFromConfig({ ...config, ...change })
    expect(act).toThrow(FormatError)
    expect(act).toThrow(message)
  })

  it('answers any JSON with a spec or a FormatError', () => {
    const value = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom(0, -1, 1e300, null, 'llama3', { type: 'yarn' }))
    const keys = [...Object.keys(config), 'rope_scaling', 'rope_parameters', 'rope_theta', 'head_dim', '__proto__']
    const change = fc.dictionary(fc.constantFrom(...keys), value)
    const holds = (changes: Record<string, unknown>) => {
      try {
        const spec = specFromConfig({ ...config, ...changes })
        expect(spec.heads * spec.headDim).toBeLessThanOrEqual(1_000_000)
        expect(spec.headDim % 2).toBe(0)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }
    fc.assert(fc.property(change, holds), { numRuns: 500 })
  })
})

describe('checkTensors', () => {
  const spec = specFromConfig({ ...config, attention_bias: true })
  const entry = (name: string, shape: number[], dtype: TensorEntry['dtype'] = 'F16'): TensorEntry => ({
    name,
    shape,
    dtype,
    bytes: 0,
    read: () => Promise.reject(new Error('not read by a check')),
  })
  const complete = () => new Map([...requiredTensors(spec)].map(({ name, shape }) => [name, entry(name, shape)]))
  const check = (tensors: Map<string, TensorEntry>) =>
    checkTensors(spec, { tensors, provenance: { kind: 'hf-checkpoint' } } as unknown as ModelSource)

  it('asks for every tensor of the model', () => {
    const names = [...complete().keys()]
    expect(names).toHaveLength(3 + 2 * (2 + 7 + 4))
    expect(names).toContain('model.layers.1.self_attn.o_proj.bias')
    expect(names).toContain('lm_head.weight')
    expect(linearName(1, spec.linears[5]!)).toBe('model.layers.1.mlp.up_proj')
    expect(() => check(complete())).not.toThrow()
  })

  it.each([
    ['a missing tensor', null, /up_proj.weight: expected \[40, 24\], got none/],
    ['another shape', entry('', [24, 40]), /up_proj.weight: expected \[40, 24\], got \[24, 40\]/],
    ['another rank', entry('', [40, 24, 1]), /got \[40, 24, 1\]/],
    ['integers', entry('', [40, 24], 'I8'), /expected F32, F16, BF16, F64, got I8/],
  ])('names %s', (_, replacement, message) => {
    const tensors = complete()
    const name = 'model.layers.1.mlp.up_proj.weight'
    if (replacement) tensors.set(name, replacement)
    else tensors.delete(name)
    expect(() => check(tensors)).toThrow(FormatError)
    expect(() => check(tensors)).toThrow(message)
  })
})

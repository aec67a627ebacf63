import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Entry, f32, ggufFile, text, texts, u32, type WrittenTensor } from '../../../test/gguf'
import { checkTensors } from '../../models/required-tensors'
import { specFromConfig } from '../../models/spec'
import { memorySource } from '../bytes'
import { encodeFloat16, toFloat32 } from '../floats'
import { fileSource } from '../node-files'
import { openModel } from '../open'
import { readSafetensors } from '../safetensors'
import type { TensorEntry } from '../source'

const fixtures = join(import.meta.dirname, '../../../test/fixtures/architectures')

/** Modules of block 0 and where llama.cpp's convert_hf_to_gguf.py puts them. */
const common = {
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}
const gemma = {
  ...common,
  post_attention_layernorm: 'post_attention_norm',
  pre_feedforward_layernorm: 'ffn_norm',
  post_feedforward_layernorm: 'post_ffw_norm',
}
const outside: Record<string, string> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
}

interface Case {
  readonly gguf: string
  readonly modules: Record<string, string>
  /** Beside what all have. */
  readonly metadata: (config: Record<string, number>) => [string, Entry][]
  readonly experts?: { readonly from: RegExp; readonly roles: Record<string, string> }
  readonly permuted?: boolean
  readonly normOffset?: number
  /** What a GGUF file does not hold, as this model has it. */
  readonly lost?: Record<string, unknown>
}

const gemmaMetadata: Case['metadata'] = (config) => [
  ['attention.sliding_window', u32(config.sliding_window!)],
  ...['attn_logit_softcapping', 'final_logit_softcapping'].flatMap((key): [string, Entry][] =>
    config[key] ? [[key, f32(config[key])]] : [],
  ),
]

const cases: Record<string, Case> = {
  qwen2: { gguf: 'qwen2', modules: common, metadata: () => [] },
  qwen3: { gguf: 'qwen3', modules: common, metadata: () => [] },
  phi3: {
    gguf: 'phi3',
    modules: { ...common, 'self_attn.qkv_proj': 'attn_qkv', 'mlp.gate_up_proj': 'ffn_up' },
    metadata: (config) => [['attention.sliding_window', u32(config.sliding_window!)]],
  },
  gemma2: {
    gguf: 'gemma2',
    modules: gemma,
    metadata: gemmaMetadata,
    normOffset: 1,
    lost: { query_pre_attn_scalar: 10 },
  },
  gemma3: {
    ...{ gguf: 'gemma3', modules: gemma, normOffset: 1 },
    metadata: (config) => [...gemmaMetadata(config), ['rope.freq_base', f32(1e6)], ['rope.freq_base_swa', f32(1e4)]],
    lost: { query_pre_attn_scalar: 10, layer_types: undefined },
  },
  mixtral: {
    ...{ gguf: 'llama', modules: { ...common, 'block_sparse_moe.gate': 'ffn_gate_inp' }, permuted: true },
    experts: { from: /block_sparse_moe\.experts\.\d+\.(w\d)/, roles: { w1: 'gate', w2: 'down', w3: 'up' } },
    metadata: (config) => [
      ['expert_count', u32(config.num_local_experts!)],
      ['expert_used_count', u32(config.num_experts_per_tok!)],
      ['rope.freq_base', f32(1e6)],
    ],
  },
  'qwen3-moe': {
    ...{ gguf: 'qwen3moe', modules: { ...common, 'mlp.gate': 'ffn_gate_inp' } },
    experts: { from: /mlp\.experts\.\d+\.(\w+)_proj/, roles: { gate: 'gate', up: 'up', down: 'down' } },
    metadata: (config) => [
      ['expert_count', u32(config.num_local_experts!)],
      ['expert_used_count', u32(config.num_experts_per_tok!)],
      ['expert_feed_forward_length', u32(config.moe_intermediate_size!)],
    ],
  },
}

/** A tensor as the converter writes it. */
async function written(entry: TensorEntry, { modules, permuted, normOffset = 0 }: Case, headDim: number) {
  const [, layer, module, part] = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(entry.name) ?? []
  const name = layer
    ? `blk.${layer}.${modules[module!]}.${part}`
    : entry.name.replace(/^(.+)(\.weight)$/, (_, whole) => `${outside[whole]}.weight`)
  const data = await entry.read()
  const row = data.length / entry.shape[0]!
  if (permuted && /[qk]_proj/.test(entry.name)) {
    const order = Array.from({ length: entry.shape[0]! }, (_, at) => {
      const [head, place] = [Math.floor(at / headDim), at % headDim]
      return head * headDim + (place % 2) * (headDim / 2) + Math.floor(place / 2)
    })
    const rows = order.flatMap((from) => [...data.subarray(from * row, (from + 1) * row)])
    return { name, type: 'F16', shape: entry.shape, data: Uint8Array.from(rows) } as const
  }
  if (normOffset === 0 || !name.includes('norm')) return { name, type: 'F16', shape: entry.shape, data } as const
  const values = toFloat32(data, entry.dtype).map((value) => value + normOffset)
  return { name, type: 'F32', shape: entry.shape, data: new Uint8Array(values.buffer) } as const
}

async function ggufOf(name: string, config: Record<string, number>, tensors: ReadonlyMap<string, TensorEntry>) {
  const { gguf, metadata, experts } = cases[name]!
  const headDim = config.head_dim ?? config.hidden_size! / config.num_attention_heads!
  const single: WrittenTensor[] = []
  const stacks = new Map<string, { shape: readonly number[]; parts: Uint8Array[] }>()
  const inOrder = [...tensors.values()].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  for (const entry of inOrder) {
    const [, role] = experts?.from.exec(entry.name) ?? []
    if (role === undefined) {
      single.push(await written(entry, cases[name]!, headDim))
      continue
    }
    const [, layer] = /layers\.(\d+)/.exec(entry.name)!
    const stack = `blk.${layer}.ffn_${experts!.roles[role]}_exps.weight`
    const { parts } = stacks.get(stack) ?? { parts: [] }
    stacks.set(stack, { shape: entry.shape, parts: [...parts, await entry.read()] })
  }
  const stacked = [...stacks].map(([stack, { shape, parts }]): WrittenTensor => {
    const data = Uint8Array.from(parts.flatMap((part) => [...part]))
    return { name: stack, type: 'F16', shape: [parts.length, ...shape], data }
  })
  const own = (key: string, value: number | undefined) => [[`${gguf}.${key}`, u32(value!)]] as [string, Entry][]
  return ggufFile({
    metadata: [
      ['general.architecture', text(gguf)],
      ...own('block_count', config.num_hidden_layers),
      ...own('context_length', config.max_position_embeddings),
      ...own('embedding_length', config.hidden_size),
      ...own('feed_forward_length', config.intermediate_size),
      ...own('attention.head_count', config.num_attention_heads),
      ...own('attention.head_count_kv', config.num_key_value_heads),
      ...own('attention.key_length', headDim),
      ...own('attention.value_length', headDim),
      [`${gguf}.attention.layer_norm_rms_epsilon`, f32(config.rms_norm_eps!)],
      ...metadata(config).map(([key, entry]): [string, Entry] => [`${gguf}.${key}`, entry]),
      ['tokenizer.ggml.model', text('gpt2')],
      ['tokenizer.ggml.pre', text('qwen2')],
      ['tokenizer.ggml.tokens', texts(Array.from({ length: config.vocab_size! }, (_, id) => `<${id}>`))],
      ['tokenizer.ggml.merges', texts([])],
      ['tokenizer.ggml.bos_token_id', u32(config.bos_token_id!)],
      ['tokenizer.ggml.eos_token_id', u32(config.eos_token_id!)],
    ],
    tensors: [...single, ...stacked],
  })
}

describe('a GGUF file of another architecture is the checkpoint that it was made of', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    const folder = join(fixtures, name)
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    const { tensors } = await readSafetensors(await fileSource(join(folder, 'model.safetensors')))
    const model = await openModel([memorySource(await ggufOf(name, config, tensors), 'tiny.gguf')])
    const spec = specFromConfig(model.config)
    expect(spec).toEqual(specFromConfig({ ...config, ...cases[name]!.lost }))
    checkTensors(spec, model)
    expect([...model.tensors.keys()].sort()).toEqual([...tensors.keys()].sort())
    for (const [key, entry] of tensors) {
      const found = model.tensors.get(key)!
      // the 1 that norms of Gemma are stored with costs bits below float16's
      expect(encodeFloat16(toFloat32(await found.read(), found.dtype)), key).toEqual(
        encodeFloat16(toFloat32(await entry.read(), entry.dtype)),
      )
    }
  })
})

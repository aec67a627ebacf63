import { describe, expect, it } from 'vitest'
import {
  architectureNames,
  byteTokenizer,
  architectureConfig as configOf,
  openForLlamaCpp as open,
} from '../../test/architectures'
import { scratch } from '../../test/cli'
import { noise, testGpu } from '../../test/device'
import { ratio, readable, writeModel } from '../../test/gguf-out'
import { entryOf, tinyCheckpoint } from '../../test/tiny-checkpoint'
import { quantizeWhole as quantize } from '../../test/whole'
import { memorySource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { encodeFloat16, toFloat32 } from '../formats/floats'
import { openTokenizer } from '../models/tokenizer'
import { ggufFile } from './gguf'
import { type OpenedModel, openFiles, quantizedWeights, upright, weightsOf } from './opened'

const folder = scratch()

const letter = (value: number) => String.fromCharCode(32 + Math.floor(((value + 1) / 2) * 64.99))
const text = [...noise(1600, 7)].map(letter).join('')

type Config = Record<string, unknown>
/** Random weights of the same kind, in rows of whole blocks; its logits are calm, since llama.cpp rounds activations to eight bits. */
function wide(name: string): OpenedModel {
  const sizes = {
    ...{ hidden_size: 64, intermediate_size: 96, head_dim: 16, n_embd: 64, n_inner: 96, n_head: 4 },
    ...{ num_attention_heads: 4, moe_intermediate_size: 32, query_pre_attn_scalar: 16 },
  }
  const { spec, source, weights } = tinyCheckpoint({ ...configOf(name), ...sizes })
  const head = spec.tiedHead ? spec.names.embedding : spec.names.head
  const calm = weights.get(head)!.map((value) => value / 4)
  const tensors = new Map(source.tensors).set(head, entryOf(head, [spec.vocab, spec.hidden], calm))
  const files = new Map([['tokenizer.json', byteTokenizer]])
  const opened = { name, spec, tokenizer: openTokenizer(files), chatTemplate: null, packed: null }
  return { ...opened, source: upright({ ...source, tensors, files }, spec) }
}

/** Windows that llama.cpp gives no model of this kind. */
const shortest: Readonly<Record<string, number>> = { mistral: 6, phi3: 8 }
const measured = (name: string) => ({ text, length: shortest[name] ?? 32, maxTokens: 640 })
const plain = { linears: [], report: null, rest: 'F16' } as const

const rtn = (options: Config) => ({
  ...{ version: 1 as const, method: 'rtn', options, seed: 0 },
  calibration: { text: '', samples: 1, length: 16, pick: 'first' as const },
})

async function roundToNearest(name: string, model: OpenedModel, options: Config) {
  const gpu = await testGpu()
  const { linears, report } = await quantize(gpu, model, { recipe: rtn(options), calibration: null })
  const request = { linears: readable(linears.values()), report, rest: 'F16' } as const
  const weights = quantizedWeights(gpu, model, async (linear) => linears.get(linear)!)
  return { linears, weights, ...(await writeModel(folder, `${name}-rtn`, model, request)) }
}

const reopened = (file: Uint8Array<ArrayBuffer>, name = 'a') => openFiles([memorySource(file, 'a.gguf')], name)

/** As float16: the 1 that norms of Gemma are stored with costs bits below that. */
const halvesOf = async ({ source }: OpenedModel, name: string) => {
  const entry = source.tensors.get(name)!
  return encodeFloat16(toFloat32(await entry.read(), entry.dtype))
}

/** Metadata has no number longer than float32. */
function asInFile({ spec }: OpenedModel): unknown {
  const scaling = spec.rope?.scaling
  if (scaling?.type !== 'longrope') return spec
  return { ...spec, rope: { ...spec.rope, scaling: { ...scaling, attention: expect.closeTo(scaling.attention, 6) } } }
}

const written = architectureNames.filter((name) => name !== 'qwen3-moe-plain')

describe.each(written)('%s as a GGUF file', (name) => {
  it('scores in llama.cpp what it scores here, and opens as what it was', async () => {
    const model = await open(name)
    const { path, bytes } = await writeModel(folder, name, model, plain)
    const again = await reopened(bytes, name)
    expect(again.spec).toEqual(asInFile(model))
    expect([...again.source.tensors.keys()].sort()).toEqual([...model.source.tensors.keys()].sort())
    for (const tensor of model.source.tensors.keys())
      expect(await halvesOf(again, tensor), tensor).toEqual(await halvesOf(model, tensor))
    const { bytes: twice } = await writeModel(folder, `${name}-again`, again, plain)
    expect(Buffer.compare(twice, bytes)).toBe(0)
    const weights = weightsOf(await testGpu(), model)
    expect(Math.abs((await ratio(path, model, weights, measured(name))) - 1)).toBeLessThan(0.005)
  })
})

it.each(['gemma2', 'gpt-neox', 'mixtral'])(
  '%s in codes that no type holds scores there what they score',
  async (name) => {
    const model = await open(name)
    const { path, weights, summary } = await roundToNearest(name, model, { bits: 4, groupSize: 32 })
    expect(new Set(summary.modules.map(({ type, exact }) => `${type} ${exact}`))).toEqual(new Set(['F16 false']))
    expect(Math.abs((await ratio(path, model, weights, measured(name))) - 1)).toBeLessThan(0.01)
  },
)

/** Those of LLaMA's kind are in gguf-file.gpu.test.ts. */
const others = ['phi3', 'gemma2', 'gemma3', 'gpt2', 'gpt-neox', 'mixtral', 'qwen3-moe']
describe.each(others)('wide %s in codes', (name) => {
  it('scores there what they score, and opens as them', async () => {
    const model = wide(name)
    const options = { bits: 4, groupSize: 32, symmetric: true }
    const { path, bytes, linears, weights, summary } = await roundToNearest(`wide-${name}`, model, options)
    expect(summary.modules.map(({ type, exact }) => `${type} ${exact}`)).toEqual(
      Array.from({ length: linears.size }, () => 'Q4_0 true'),
    )
    const again = await reopened(bytes)
    expect(again.spec).toEqual(model.spec)
    for (const [linear, codes] of linears) {
      const entry = again.source.tensors.get(`${linear}.weight`)!
      expect(entry.stored?.type).toBe('Q4_0')
      expect(toFloat32(await entry.read(), entry.dtype), linear).toEqual(dequantize(codes))
    }
    // llama.cpp rounds activations to eight bits
    expect(Math.abs((await ratio(path, model, weights, measured(name))) - 1)).toBeLessThan(0.01)
  })
})

it('Phi-3 reads short texts by the other factors, there as here', async () => {
  const { rope_parameters } = configOf('phi3-long') as { rope_parameters: Config }
  const context = { original_max_position_embeddings: 256, max_position_embeddings: 512 }
  const model = await open('phi3-long', {
    ...context,
    rope_parameters: { ...rope_parameters, original_max_position_embeddings: 256 },
  })
  const { path } = await writeModel(folder, 'short', model, plain)
  const weights = weightsOf(await testGpu(), model)
  expect(Math.abs((await ratio(path, model, weights, measured('phi3-long'))) - 1)).toBeLessThan(0.005)
})

it.each([
  ['mistral', { layer_types: ['full_attention', 'sliding_attention'] }],
  ['qwen2', { use_sliding_window: true, sliding_window: 9, max_window_layers: 1, layer_types: null }],
  ['qwen3-moe', { use_sliding_window: true, sliding_window: 9, max_window_layers: 0 }],
  ['mixtral', { sliding_window: 11 }],
])('windows of %s, which llama.cpp overlooks, are found in its file', async (name, changes) => {
  const model = await open(name, changes)
  const { bytes, summary } = await writeModel(folder, `${name}-windows`, model, plain)
  expect(summary.caveats).toHaveLength(1)
  expect((await reopened(bytes)).spec.windows).toEqual(model.spec.windows)
})

describe('what llama.cpp would run differently', () => {
  it.each([
    [
      'qwen3-moe-plain',
      {},
      /expected experts' shares that sum to one, of Qwen3MoeForCausalLM, got norm_topk_prob false/,
    ],
    ['gemma2', {}, /scores scaled by the size of heads, .* got query_pre_attn_scalar 17 for heads of 10/],
    ['gemma2', { query_pre_attn_scalar: 10, attn_logit_softcapping: null }, /caps of scores and logits/],
    ['gemma3', { query_pre_attn_scalar: 10, attn_logit_softcapping: 30 }, /caps of scores and logits/],
    ['qwen2', { rope_parameters: { ...(configOf('llama').rope_parameters as Config) } }, /llama3 of LLaMA only/],
  ])('of %s with %o is refused', async (name, changes, expected) => {
    await expect(ggufFile(await open(name, changes), plain)).rejects.toThrow(expected)
  })

  it('a little is said', async () => {
    const caveats = async (name: string) => (await ggufFile(await open(name), plain)).summary.caveats
    expect(await caveats('llama')).toEqual([])
    expect(await caveats('gemma3')).toEqual([])
    expect(await caveats('mistral')).toEqual([
      'llama.cpp gives this model no windows: texts of more than 7 tokens are read otherwise',
    ])
    expect(await caveats('gpt-neox')).toEqual([expect.stringMatching(/GELU by an approximation/)])
    expect(await caveats('gpt2')).toEqual([])
  })
})

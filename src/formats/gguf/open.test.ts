import { describe, expect, it } from 'vitest'
import { ggufFile, i32s, text, texts, u32, type Written } from '../../../test/gguf'
import { ggufOf } from '../../../test/gguf-model'
import { tinyCheckpoint, tinyConfig } from '../../../test/tiny-checkpoint'
import { FormatError } from '../../errors'
import { checkTensors } from '../../models/required-tensors'
import { inverseFrequencies } from '../../models/rope'
import { specFromConfig } from '../../models/spec'
import { memorySource } from '../bytes'
import { assess, openModel } from '../open'

/** Byte-level tokens without merges: every text is the same to it, and it fills the vocabulary. */
const tokenizer: Written['metadata'] = [
  ['tokenizer.ggml.model', text('gpt2')],
  ['tokenizer.ggml.pre', text('llama-bpe')],
  ['tokenizer.ggml.tokens', texts(Array.from({ length: 101 }, (_, id) => `<${id}>`))],
  ['tokenizer.ggml.token_type', i32s(new Array(101).fill(1))],
  ['tokenizer.ggml.merges', texts([])],
]

const { rope_scaling: _, ...unscaled } = tinyConfig

async function written(config: Record<string, unknown> = unscaled): Promise<Written> {
  const { metadata, tensors } = await ggufOf(tinyCheckpoint(config).source)
  return { metadata: [...metadata, ...tokenizer], tensors }
}

const named = (name: string, file: Written) => memorySource(ggufFile(file), name)
const open = async (file: Written) => openModel([named('tiny.gguf', file)])
const message = async (files: Parameters<typeof openModel>[0]) => {
  const error = await openModel(files).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(FormatError)
  return (error as Error).message
}
const edited = (file: Written, key: string, entry: Written['metadata'][number][1]): Written => ({
  ...file,
  metadata: [...file.metadata.filter(([other]) => other !== key), [key, entry]],
})

describe('a GGUF file', () => {
  it('opens as the checkpoint that it was made of', async () => {
    const { source, spec, weights } = tinyCheckpoint(unscaled)
    const model = await open(await written())
    expect(specFromConfig(model.config)).toEqual(spec)
    checkTensors(spec, model)
    expect([...model.tensors.keys()].sort()).toEqual([...source.tensors.keys()].sort())
    for (const [name, values] of weights)
      expect(new Float32Array((await model.tensors.get(name)!.read()).buffer), name).toEqual(values)
    expect(model.provenance).toMatchObject({ kind: 'gguf', files: [{ name: 'tiny.gguf' }] })
    expect(model.warnings).toEqual([])
  })

  it('gives any rows of q in the order of a checkpoint', async () => {
    const name = 'model.layers.1.self_attn.q_proj.weight'
    const { weights, spec } = tinyCheckpoint(unscaled)
    const entry = (await open(await written())).tensors.get(name)!
    for (const [start, end] of [
      [0, 1],
      [5, 9],
      [13, 29],
      [28, 56],
      [7, 7],
    ] as const) {
      const rows = new Float32Array((await entry.read({ start, end })).buffer)
      expect(rows).toEqual(weights.get(name)!.slice(start * spec.hidden, end * spec.hidden))
    }
  })

  it('opens from parts in any order, and says which are missing', async () => {
    const { metadata, tensors } = await written()
    const part = (i: number) =>
      named(`tiny-0000${i + 1}-of-00003.gguf`, {
        metadata: [
          ...(i === 0 ? metadata : []),
          ...[['split.no', u32(i)] as const, ['split.count', u32(3)] as const],
          ['split.tensors.count', u32(tensors.length)],
        ],
        tensors: tensors.filter((_, at) => at % 3 === i),
      })
    const parts = [part(2), part(0), part(1)]
    const model = await openModel(parts)
    expect(model.tensors.size).toBe(tensors.length)
    expect(model.provenance.files.map(({ name }) => name)).toEqual(parts.map(({ name }) => name).sort())
    expect(await assess(parts.slice(0, 2))).toEqual({
      ...{ state: 'incomplete', missing: ['tiny-00002-of-00003.gguf'] },
      have: ['tiny-00001-of-00003.gguf', 'tiny-00003-of-00003.gguf'],
    })
    const renamed = (from: number, to: number) => ({ ...part(from), name: `tiny-0000${to + 1}-of-00003.gguf` })
    expect(await message([part(0), renamed(2, 1), renamed(1, 2)])).toMatch(/expected part 2 of 3, got part 3 of 3/)
    expect(await message([part(0), part(1), renamed(1, 2)])).toMatch(/expected part 3 of 3, got part 2 of 3/)
    expect(await message([{ ...part(0), name: 'tiny.gguf' }])).toMatch(/expected part 1 of 1, got part 1 of 3/)
    expect(await message([part(0), named('other.gguf', await written())])).toMatch(/one model/)
  })

  it('needs no ending to its name when it is alone, and lets a checkpoint beside it go first', async () => {
    const file = await written()
    expect(await assess([named('5d41402abc', file)])).toEqual({ state: 'ready', kind: 'gguf' })
    expect(await assess([named('model.safetensors', file)])).toMatchObject({ state: 'unknown' })
    const config = memorySource(new TextEncoder().encode('{}'), 'config.json')
    expect(await assess([config, named('a.gguf', file)])).toEqual({ state: 'ready', kind: 'gguf' })
  })

  it('ties the head where there is none, and reads a scaling of the angles', async () => {
    const file = await written()
    const tied = await open({ ...file, tensors: file.tensors.filter(({ name }) => name !== 'output.weight') })
    expect(specFromConfig(tied.config).tiedHead).toBe(true)
    const linear = edited(edited(file, 'llama.rope.scaling.type', text('linear')), 'llama.rope.scaling.factor', u32(4))
    expect(specFromConfig((await open(linear)).config).rope!.scaling).toEqual({ type: 'linear', factor: 4 })
    const yarn = await open(edited(file, 'llama.rope.scaling.type', text('yarn')))
    expect(() => specFromConfig(yarn.config)).toThrow(/got "yarn"/)
    const part = await open(edited(file, 'llama.rope.dimension_count', u32(8)))
    expect(specFromConfig(part.config).rope!.turned).toBe(8)
  })

  it.each([
    [tinyConfig.rope_scaling, tinyConfig.rope_theta, 14],
    [{ ...tinyConfig.rope_scaling, original_max_position_embeddings: 8192 }, 500000, 128],
    [{ ...tinyConfig.rope_scaling, factor: 32, original_max_position_embeddings: 8192 }, 500000, 64],
    [{ ...tinyConfig.rope_scaling, low_freq_factor: 2, high_freq_factor: 8, factor: 3 }, 10000, 64],
  ])('finds the rule %j in what angles are divided by', async (rope_scaling, rope_theta, head_dim) => {
    const config = { ...tinyConfig, rope_scaling, rope_theta, head_dim, num_hidden_layers: 1 }
    const { spec } = tinyCheckpoint(config)
    const right = inverseFrequencies(spec.rope!)
    const plain = inverseFrequencies({ ...spec.rope!, scaling: null })
    const factors = Float32Array.from(right, (frequency, i) => plain[i]! / frequency)
    const file = await written(config)
    const data = new Uint8Array(factors.buffer)
    const tensors = [
      ...file.tensors,
      { name: 'rope_freqs.weight', type: 'F32', shape: [factors.length], data } as const,
    ]
    const found = inverseFrequencies(specFromConfig((await open({ ...file, tensors })).config).rope!)
    for (const [i, frequency] of found.entries()) expect(frequency / right[i]!).toBeCloseTo(1, 5)
    data[1]! ^= 0x40
    factors[1]! *= 1.5
    expect(await message([named('a.gguf', { ...file, tensors })])).toMatch(/Llama 3's rule/)
  })

  it.each([
    ['general.architecture', text('mamba'), /general.architecture: expected llama, .*got "mamba"/],
    ['general.architecture', u32(1), /general.architecture: expected a text, got 1/],
    ['tokenizer.ggml.pre', text('kimi-k2'), /tokenizer.ggml.pre: expected default, .*got "kimi-k2"/],
    ['tokenizer.ggml.model', text('rwkv'), /tokenizer.ggml.model: expected gpt2, llama, got "rwkv"/],
    ['tokenizer.ggml.tokens', texts(['a', 'a']), /different tokens, got one twice/],
    ['tokenizer.ggml.token_type', i32s([1]), /a type for each of 101 tokens, got 1/],
    [
      'llama.attention.head_count',
      i32s([4, 4]),
      /llama.attention.head_count: expected a whole number, got a list of 2/,
    ],
    ['llama.expert_count', u32(8), /llama.expert_used_count: expected an entry, got none/],
    ['llama.attention.value_length', u32(8), /expected 14 as for keys, got 8/],
  ])('refuses %s of another kind', async (key, entry, expected) => {
    expect(await message([named('a.gguf', edited(await written(), key, entry))])).toMatch(expected)
  })

  it('refuses tensors and types that it does not know, by name', async () => {
    const file = await written()
    const extra = { name: 'blk.0.ffn_gate_exps.weight', type: 'F32', shape: [1], data: new Uint8Array(4) } as const
    expect(await message([named('a.gguf', { ...file, tensors: [...file.tensors, extra] })])).toMatch(/ffn_gate_exps/)
    const [first, ...others] = file.tensors
    const coded = { ...first!, typeId: 137 }
    expect(await message([named('a.gguf', { ...file, tensors: [coded, ...others] })])).toMatch(/got type 137 — use/)
  })

  it('multiplies weights by the scale beside them, and leaves out that of inputs', async () => {
    const file = await written()
    const [name, of] = ['blk.1.ffn_down.weight', 'model.layers.1.mlp.down_proj.weight']
    const { weights } = tinyCheckpoint(unscaled)
    const beside = (part: string, values: number[], more = {}) => ({
      ...{ name: name.replace('weight', part), type: 'F32' as const, shape: [values.length] },
      data: new Uint8Array(Float32Array.from(values).buffer),
      ...more,
    })
    const tensors = [...file.tensors, beside('scale', [0.5]), beside('input_scale', [7])]
    const model = await open({ ...file, tensors })
    checkTensors(specFromConfig(model.config), model)
    expect([...model.tensors.keys()].filter((tensor) => tensor.includes('scale'))).toEqual([])
    const entry = model.tensors.get(of)!
    expect(new Float32Array((await entry.read()).buffer)).toEqual(weights.get(of)!.map((value) => value / 2))
    const damaged = named('a.gguf', { ...file, tensors: [...file.tensors, beside('scale', [1, 2])] })
    expect(await message([damaged])).toMatch(/blk\.1\.ffn_down\.scale": expected F32 \[1\], got F32 \[2\]/)
    const alone = { ...beside('scale', [1]), name: 'blk.1.other.scale' }
    expect(await message([named('a.gguf', { ...file, tensors: [...file.tensors, alone] })])).toMatch(/blk\.1\.other/)
  })

  it('says that codes are no trained weights, and cuts texts by default where it is not told how', async () => {
    const file = await written()
    const [first, ...others] = file.tensors
    const coded = { ...first!, type: 'Q8_0', shape: [2, 64], data: new Uint8Array(4 * 34) } as const
    const metadata = file.metadata.filter(([key]) => key !== 'tokenizer.ggml.pre')
    const model = await open({ metadata, tensors: [coded, ...others] })
    expect(model.warnings).toHaveLength(2)
    expect(model.warnings![0]).toMatch(/quantized before \(Q8_0 × 1\)/)
    expect(model.warnings![1]).toMatch(/tokenizer.ggml.pre/)
    const entry = model.tensors.get('model.embed_tokens.weight')!
    expect(entry).toMatchObject({ dtype: 'F32', bytes: 512, stored: { type: 'Q8_0', bytes: 136 } })
  })
})

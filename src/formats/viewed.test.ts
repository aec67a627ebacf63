import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ggufFile, text } from '../../test/gguf'
import { encode, generator, mutations } from '../../test/mutations'
import { FORMATS, quantizedFolder, sourcesOf } from '../../test/quantized-folder'
import { collect } from '../../test/tiny-model'
import { HOSTILE, halves, noisy, strangeGguf } from '../../test/view-files'
import { FormatError } from '../errors'
import { memorySource } from './bytes'
import { dequantize } from './dequantize'
import type { Dtype } from './dtypes'
import { dequantizeBlocks } from './gguf/dequantize'
import { ggmlTypes } from './gguf/types'
import { safetensorsChunks } from './safetensors-writer'
import { openViewed } from './viewed'
import type { ViewedTensor } from './viewed-tensor'

/** The numbers of a whole tensor. */
const valuesOf = async (tensor: ViewedTensor) => (await tensor.open()).call(null, 0, tensor.rows * tensor.columns)

async function safetensors(
  name: string,
  tensors: readonly (readonly [string, Dtype, number[], Uint8Array])[],
  metadata = {},
) {
  const entries = tensors.map(([tensor, dtype, shape, data]) => ({
    ...{ name: tensor, dtype, shape, data: async () => new Uint8Array(data) },
  }))
  return memorySource(await collect(safetensorsChunks(entries, metadata)), name)
}

describe('a GGUF file of an architecture that nobody knows', () => {
  const file = memorySource(strangeGguf(2), 'strange.gguf')

  it('tells its tensors, types and metadata', async () => {
    const { facts, tensors } = await openViewed([file], 'strange')
    expect(facts).toMatchObject({ name: 'strange', format: 'GGUF', architecture: 'loomish' })
    expect(facts.tensors.find(({ name }) => name === 'blk.1.attn_q.weight')).toEqual({
      ...{ name: 'blk.1.attn_q.weight', type: 'Q4_K', shape: [512, 512], bytes: 147456, weights: 262144 },
      ...{ kind: 'attention', place: { stack: 'blk', layer: 1, role: 'attn_q' } },
    })
    expect(facts.metadata).toContainEqual({
      ...{ key: 'tokenizer.ggml.tokens', type: 'list of 5000 texts', cut: true },
      value: '"<0>", "<1>", "<2>", "<3>", "<4>", "<5>", "<6>", "<7>", …',
    })
    for (const character of ['\u202e', '\u001b']) expect(JSON.stringify(facts.metadata)).not.toContain(character)
    expect(facts.metadata.find(({ key }) => key === 'general.name')?.value).toMatch(/^<img .*\\u202egpj\\u001b\[2J$/)
    // what nobody knows is listed, with all bytes up to what follows, and not drawn
    expect([...tensors.keys()]).not.toContain('foreign.weight')
    expect(facts.tensors.find(({ name }) => name === 'foreign.weight')).toMatchObject({
      ...{ type: 'type 137', shape: [16, 512], weights: 8192, bytes: 8704 },
    })
    expect(tensors.size).toBe(facts.tensors.length - 1)
  })

  it('of any size opens by its header alone', async () => {
    const beginning = new Uint8Array(2 ** 21)
    beginning.set(strangeGguf(1, 256, 256))
    let read = 0
    const counting = memorySource(beginning, 'strange.gguf')
    const source = {
      ...counting,
      size: 40e9,
      read: (offset: number, length: number) => {
        read += length
        return counting.read(offset, length)
      },
    }
    await openViewed([source], 'strange')
    expect(read).toBeLessThan(1.1e6)
  })

  it('reads any blocks of a tensor, with their parts', async () => {
    const written = noisy('a', 'Q6_K', [3, 512])
    const { tensors } = await openViewed([memorySource(ggufFile({ metadata: [], tensors: [written] }), 'a.gguf')], 'a')
    const tensor = tensors.get('a')!
    expect(tensor).toMatchObject({ rows: 3, columns: 512, unit: 256, block: { weights: 16, super: 256 } })
    const all = dequantizeBlocks(written.data, ggmlTypes.Q6_K)
    const piece = await (await tensor.open())(512, 768)
    expect(piece.values).toEqual(all.subarray(512, 1280))
    expect([piece.part('code').span, piece.part('scale').span, piece.part('super').span]).toEqual([1, 16, 256])
    expect(piece.part('scale').values).toHaveLength(48)
  })

  it('reads the entries of a codebook', async () => {
    const written = noisy('a', 'IQ1_S', [3, 512])
    const { tensors } = await openViewed([memorySource(ggufFile({ metadata: [], tensors: [written] }), 'a.gguf')], 'a')
    const tensor = tensors.get('a')!
    expect(tensor).toMatchObject({
      ...{ unit: 256, block: { weights: 32, super: 256, book: { weights: 8, entries: 2048 } } },
      parts: ['level', 'entry', 'shift', 'scale', 'super'],
    })
    const piece = await (await tensor.open())(512, 768)
    expect(piece.values).toEqual(dequantizeBlocks(written.data, ggmlTypes.IQ1_S).subarray(512, 1280))
    expect(tensor.parts.map((part) => piece.part(part).span)).toEqual([1, 8, 32, 32, 256])
    expect(piece.part('entry').values).toHaveLength(96)
    expect(new Set(piece.part('level').values.map(Math.abs))).toEqual(new Set([0.125, 0.875, 1.125]))
  })

  it('opens in parts, of which some are missing, and with a name in two of them', async () => {
    const part = (i: number, names: string[]) =>
      memorySource(
        ggufFile({
          metadata: [['split.no', text(String(i))]],
          tensors: names.map((name) => halves(name, [2], () => i)),
        }),
        `m-0000${i}-of-00003.gguf`,
      )
    const { facts, tensors } = await openViewed([part(1, ['a', 'b']), part(2, ['b'])], 'm')
    expect(facts.tensors.map(({ name }) => name)).toEqual(['a', 'b', 'b (m-00002-of-00003.gguf)'])
    expect([...(await valuesOf(tensors.get('b (m-00002-of-00003.gguf)')!)).values]).toEqual([2, 2])
    expect(facts.metadata.map(({ key }) => key)).toEqual(['split.no', 'm-00002-of-00003.gguf: split.no'])
  })
})

describe('safetensors', () => {
  it('open alone, whatever they are of: an adapter', async () => {
    const weights = await safetensors(
      'adapter_model.safetensors',
      [
        [
          'base_model.model.h.0.q_proj.lora_A.weight',
          'F32',
          [2, 4],
          new Uint8Array(new Float32Array(8).fill(0.5).buffer),
        ],
        ['base_model.model.h.0.q_proj.lora_B.weight', 'F32', [4, 2], new Uint8Array(32)],
      ],
      { format: 'pt' },
    )
    const config = memorySource(
      encode({ peft_type: 'LORA', target: { r: 2 }, list: ['q_proj'] }),
      'adapter_config.json',
    )
    const { facts, tensors } = await openViewed([weights, config], 'adapter')
    expect(facts).toMatchObject({ format: 'safetensors', architecture: 'LORA adapter', weights: 16, bytes: 64 })
    expect(facts.metadata.map(({ key, value }) => `${key}=${value}`)).toEqual([
      'format=pt',
      'adapter_config.json: peft_type=LORA',
      'adapter_config.json: target.r=2',
      'adapter_config.json: list="q_proj"',
    ])
    expect([...(await valuesOf(tensors.get('base_model.model.h.0.q_proj.lora_A.weight')!)).values]).toEqual(
      new Array(8).fill(0.5),
    )
  })

  it.each(['gptq', 'gptq-v2', 'compressed-tensors'] as const)(
    'of %s are drawn as the linears they are of',
    async (name) => {
      const { files, linears } = await quantizedFolder(FORMATS[name])
      const side = sourcesOf(files).filter((file) => file.name !== 'tokenizer.json')
      const { facts, tensors } = await openViewed(side, 'quantized')
      const codes = facts.tensors.filter((tensor) => /qweight|weight_packed/.test(tensor.name))
      expect(codes).toHaveLength(7)
      for (const { name: code, weights: count } of codes) {
        const linear = code.replace(/\.\w+$/, '')
        const tensor = tensors.get(code)!
        const expected = dequantize(linears.get(linear)!)
        expect(count).toBe(expected.length)
        const piece = await valuesOf(tensor)
        // a zero of lines has no sign
        expect(piece.values).toEqual(expected.map((value) => value + 0))
        const {
          scale,
          minimum,
          code: numbers,
        } = Object.fromEntries(
          (['scale', 'minimum', 'code'] as const).map((part) => [part, piece.part(part).values]),
        ) as Record<string, Float32Array>
        for (let i = 0; i < 64; i++) expect(minimum![i]! + scale![i]! * numbers![i]!).toBeCloseTo(expected[i]!, 6)
      }
      expect(
        facts.tensors
          .filter(({ name: part }) => /scale|zero|g_idx|shape/.test(part))
          .every(({ weights }) => weights === 0),
      ).toBe(true)
    },
  )

  it('of AWQ are counted by what their words hold', async () => {
    const weights = await safetensors('model.safetensors', [
      ['h.0.q.qweight', 'I32', [16, 2], new Uint8Array(128)],
      ['h.0.q.scales', 'F16', [1, 16], new Uint8Array(32)],
    ])
    const config = memorySource(encode({ quantization_config: { quant_method: 'awq', bits: 4 } }), 'config.json')
    const { facts } = await openViewed([weights, config], 'awq')
    expect(facts.tensors.map(({ weights: count }) => count)).toEqual([256, 0])
  })

  it('are what is shown where they lie beside a GGUF file, and of two sets the one that opens', async () => {
    const one = (name: string, tensor: string) => safetensors(name, [[tensor, 'U8', [1], Uint8Array.of(1)]])
    const names = async (...files: Parameters<typeof openViewed>[0]) =>
      (await openViewed(files, 'x')).facts.tensors.map(({ name }) => name)
    const gguf = memorySource(strangeGguf(1), 'a.gguf')
    expect(await names(gguf, await one('model.safetensors', 'a'))).toEqual(['a'])
    expect(await names(await one('consolidated.safetensors', 'b'), await one('model.safetensors', 'a'))).toEqual(['a'])
    expect(await names(await one('x.safetensors', 'a'), await one('y.safetensors', 'b'))).toEqual(['a', 'b'])
    expect(await names(memorySource(strangeGguf(1), 'blob'))).toContain('token_embd.weight')
    const nameless = await one('model.safetensors', 'a')
    expect(await names({ ...nameless, name: 'blob' })).toEqual(['a'])
  })

  it('with side files that are no JSON open all the same', async () => {
    const weights = await safetensors('model.safetensors', [['a', 'U8', [2], Uint8Array.of(1, 2)]])
    const { facts } = await openViewed([weights, memorySource(encode('{'), 'config.json')], 'a')
    expect(facts).toMatchObject({ architecture: null, weights: 2 })
  })
})

describe('hostile files', () => {
  it.each(Object.entries(mutations))('%s: open, or are refused', async (kind, mutate) => {
    const weights = await safetensors('model.safetensors', [
      ['model.layers.0.q_proj.qweight', 'I32', [4, 8], new Uint8Array(128)],
      ['model.layers.0.q_proj.scales', 'F16', [1, 8], new Uint8Array(16)],
      ['model.layers.0.q_proj.weight_shape', 'I64', [2], new Uint8Array(16).fill(255)],
      ['empty', 'BF16', [0, 4], new Uint8Array(0)],
    ])
    const bytes = await weights.read(0, weights.size)
    const config = memorySource(encode({ quantization_config: { quant_method: 'compressed-tensors' } }), 'config.json')
    const random = generator(kind.length)
    for (let i = 0; i < 30; i++) {
      const opened = await openViewed([memorySource(mutate(bytes, random), 'model.safetensors'), config], 'x').catch(
        (error) => error,
      )
      if (opened instanceof Error) expect(opened).toBeInstanceOf(FormatError)
      else
        for (const { bytes: size, weights: count } of opened.facts.tensors)
          expect(size + count).toBeGreaterThanOrEqual(0)
    }
  })

  it('of GGUF with any byte changed open, or are refused', async () => {
    const shapes = { Q4_K: [2, 256], IQ1_M: [1, 256], IQ3_S: [1, 256], Q4_0_4_4: [4, 32] } as const
    const tensors = Object.entries(shapes).map(([type, shape]) => noisy(type, type as keyof typeof shapes, shape))
    const bytes = ggufFile({ metadata: [[HOSTILE, text('x')]], tensors })
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
        const changed = bytes.slice()
        changed[at] = value
        const opened = await openViewed([memorySource(changed, 'a.gguf')], 'a').catch((error) => error)
        if (opened instanceof Error) expect(opened).toBeInstanceOf(FormatError)
        else for (const tensor of opened.tensors.values()) await valuesOf(tensor)
      }),
    )
  })

  it('without weights are refused', async () => {
    await expect(openViewed([memorySource(encode({}), 'config.json')], 'x')).rejects.toBeInstanceOf(FormatError)
    await expect(openViewed([], 'x')).rejects.toBeInstanceOf(FormatError)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AffineShape, affineSample, anyAffine, asAffine, ruledSample } from '../../test/affine'
import { collect } from '../../test/tiny-model'
import { FormatError } from '../errors'
import { readBits } from './bit-string'
import { memorySource } from './bytes'
import { compressedTensorsFormat } from './compressed-tensors/write'
import { quantizationKey, withQuantization } from './config-json'
import { dequantize } from './dequantize'
import { decodeFloat16, encodeBfloat16, toFloat32 } from './floats'
import { readForeign } from './foreign'
import type { LinearShape } from './foreign-model'
import { gptqFormat } from './gptq/write'
import type { QuantizedLinear, Width } from './quantized'
import { readSafetensors } from './safetensors'
import { safetensorsChunks, type TensorToWrite } from './safetensors-writer'
import type { ModelSource } from './source'
import { layoutUniform, type UniformLayout, uniformCodes, uniformScales, uniformZeros } from './uniform'
import type { UniformFormat } from './uniform-folder'

const FORMATS = { v1: gptqFormat(1), v2: gptqFormat(2), ct: compressedTensorsFormat } as const

const shapeOf = ({ name, out, in: columns }: QuantizedLinear): LinearShape => ({
  ...{ name, layer: 0, role: 'up', out, in: columns },
})

async function opened(tensors: readonly TensorToWrite[], config: object): Promise<ModelSource> {
  const file = memorySource(await collect(safetensorsChunks(tensors)), 'model.safetensors')
  const { tensors: entries } = await readSafetensors(file)
  return {
    ...{ tensors: entries, config: { [quantizationKey]: config }, files: new Map(), metadata: {} },
    provenance: { kind: 'hf-checkpoint', files: [] },
  }
}

/** What a linear is after it was written and read again. */
async function roundTrip(format: UniformFormat, linear: QuantizedLinear, layout: UniformLayout) {
  const tensors = format.tensors(linear.name, layout, async () => asAffine(linear))
  const source = await opened(tensors, format.config(new Map([[linear.name, layout]])))
  const kind = format.title === 'GPTQ' ? 'gptq' : 'compressed-tensors'
  return readForeign(kind, source, [shapeOf(linear)]).linear(linear.name)
}

const bitsOf = (weights: Float32Array<ArrayBuffer>) => new Uint32Array(weights.buffer)

const sample = (shape: Partial<AffineShape>) =>
  affineSample({
    ...{ out: 32, columns: 64, widths: [[4, 1]], grid: 'symmetric', zeroBits: 4, groupSize: 32 },
    ...{ permuted: false, named: false, seed: 5, ...shape },
  }).linear

describe('a linear in a format of other software', () => {
  it('has the same weights to the bit, or is refused with what holds it', async () => {
    let held = 0
    const property = fc.asyncProperty(
      anyAffine,
      fc.constantFrom(...Object.values(FORMATS)),
      async ({ linear }, format) => {
        let layout: UniformLayout
        try {
          layout = layoutUniform(linear, format.widths, format.title)
          format.check(linear.name, layout)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
          expect((error as Error).message).toMatch(/ — (keep the packed file, or )?export /)
          return
        }
        held++
        expect(bitsOf(dequantize(await roundTrip(format, linear, layout)))).toEqual(bitsOf(dequantize(linear)))
      },
    )
    await fc.assert(property, { numRuns: 600, seed: 7 })
    expect(held).toBeGreaterThan(40)
  }, 30_000)

  const shapes: [string, Partial<AffineShape>, { bits: Width; groupSize: number; ordered?: boolean }][] = [
    ['2 bits', { widths: [[2, 1]] }, { bits: 2, groupSize: 32 }],
    ['3 bits', { widths: [[3, 1]] }, { bits: 3, groupSize: 32 }],
    ['4 bits, zeros', { grid: 'zero' }, { bits: 4, groupSize: 32 }],
    ['8 bits, a row', { widths: [[8, 1]], groupSize: 64 }, { bits: 8, groupSize: 64 }],
    ['a symmetric bit', { widths: [[1, 1]] }, { bits: 2, groupSize: 32 }],
    ['columns in another order', { permuted: true }, { bits: 4, groupSize: 32, ordered: true }],
    [
      'narrow columns among wide ones',
      {
        widths: [
          [2, 1],
          [4, 1],
        ],
        permuted: true,
      },
      { bits: 4, groupSize: 32, ordered: true },
    ],
    ['a shorter last group', { columns: 96, groupSize: 64 }, { bits: 4, groupSize: 32 }],
  ]
  it.each(shapes)('%s', async (_, shape, { bits, groupSize, ordered = false }) => {
    const linear = sample(shape)
    for (const format of [FORMATS.v2, FORMATS.ct]) {
      const layout = layoutUniform(linear, format.widths, format.title)
      expect({ bits: layout.bits, groupSize: layout.groupSize, ordered: layout.groupOf !== null }).toEqual({
        ...{ bits, groupSize, ordered },
      })
      expect(bitsOf(dequantize(await roundTrip(format, linear, layout)))).toEqual(bitsOf(dequantize(linear)))
    }
  })

  it('takes the room that the format has for it', () => {
    const layoutOf = (shape: Partial<AffineShape>, format: UniformFormat) =>
      layoutUniform(sample(shape), format.widths, format.title)
    expect(layoutOf({ widths: [[5, 1]] }, FORMATS.v1).bits).toBe(8)
    expect(layoutOf({ widths: [[5, 1]] }, FORMATS.ct).bits).toBe(5)
  })

  it('is refused where its levels are no scale times an integer', () => {
    const refused = (linear: QuantizedLinear) => () => layoutUniform(linear, FORMATS.ct.widths, 'compressed-tensors')
    expect(refused(sample({ grid: 'range' }))).toThrow(/got levels from a minimum and a range — keep the packed file/)
    expect(
      refused(
        ruledSample({ out: 2, widths: [2, 3, 3], rule: 'shared', grid: 'range', zeroBits: 4, groupSize: 2, seed: 1 })
          .linear,
      ),
    ).toThrow(FormatError)
    expect(refused(sample({ columns: 33, groupSize: 32 }))).toThrow(/only 1 divides, which would take more room/)
    expect(() => FORMATS.v1.check('x', layoutUniform(sample({ out: 33 }), [4], 'GPTQ'))).toThrow(
      /x: expected rows and columns in multiples of 32 for GPTQ, got \[33, 64\] — export compressed-tensors/,
    )
    const zero = layoutUniform(sample({ grid: 'zero', seed: 9 }), [4], 'GPTQ')
    expect(zero.leastZero).toBe(0)
    expect(() => FORMATS.v1.check('x', zero)).toThrow(
      /zeros of at least 1 for GPTQ version 1.*got 0 — export GPTQ version 2/,
    )
    expect(FORMATS.v2.check('x', zero)).toBeUndefined()
  })
})

describe('the words of GPTQ', () => {
  const tensorsOf = async (version: 1 | 2, linear: QuantizedLinear) => {
    const layout = layoutUniform(linear, gptqFormat(version).widths, 'GPTQ')
    const written = gptqFormat(version).tensors('m', layout, async () => asAffine(linear))
    const { tensors } = await opened(written, {})
    const words = async (part: string) => new Uint32Array((await tensors.get(`m.${part}`)!.read()).buffer)
    return { tensors, words }
  }

  it('hold a zero of 8 as version 1 and 2 have it', async () => {
    const linear = sample({})
    for (const [version, word] of [
      [1, 0x77777777],
      [2, 0x88888888],
    ] as const) {
      const { tensors, words } = await tensorsOf(version, linear)
      expect([...(await words('qzeros'))]).toEqual(new Array(8).fill(word))
      expect(Object.fromEntries([...tensors].map(([name, { dtype, shape }]) => [name, [dtype, ...shape]]))).toEqual({
        ...{
          'm.qweight': ['I32', 8, 32],
          'm.qzeros': ['I32', 2, 4],
          'm.scales': ['F16', 2, 32],
          'm.g_idx': ['I32', 64],
        },
      })
    }
  })

  it('hold 32 codes of 3 bits in three words of a column: ten, a split one, ten, a split one, ten', async () => {
    const { linear, codes } = affineSample({
      ...{ out: 32, columns: 32, widths: [[3, 1]], grid: 'symmetric', zeroBits: 4, groupSize: 32 },
      ...{ permuted: false, named: false, seed: 2 },
    })
    const words = await (await tensorsOf(2, linear)).words('qweight')
    const code = (i: number) => codes[5 * 32 + i]!
    const sum = (from: number, count: number, shift: number) =>
      Array.from({ length: count }, (_, i) => code(from + i) * 2 ** (3 * i + shift)).reduce((a, b) => a + b, 0)
    expect(words[5]).toBe(sum(0, 10, 0) + (code(10) & 3) * 2 ** 30)
    expect(words[32 + 5]).toBe((code(10) >> 2) + sum(11, 10, 1) + (code(21) & 1) * 2 ** 31)
    expect(words[64 + 5]).toBe((code(21) >> 1) + sum(22, 10, 2))
  })
})

describe('the words of compressed-tensors', () => {
  it('hold codes of a row one after the other, across words, and zeros down the rows', async () => {
    const linear = sample({ widths: [[3, 1]], grid: 'zero', zeroBits: 3, columns: 64, out: 5 })
    const layout = layoutUniform(linear, compressedTensorsFormat.widths, 'x')
    const written = compressedTensorsFormat.tensors('m', layout, async () => asAffine(linear))
    const { tensors } = await opened(written, {})
    const words = new Uint32Array((await tensors.get('m.weight_packed')!.read()).buffer)
    const zeros = new Uint32Array((await tensors.get('m.weight_zero_point')!.read()).buffer)
    expect(tensors.get('m.weight_packed')!.shape).toEqual([5, 6])
    expect(tensors.get('m.weight_zero_point')!.shape).toEqual([1, 2])
    const { codes, grid } = asAffine(linear)
    expect([...words]).toEqual([...codes])
    if (grid.type !== 'zero') throw new Error('no zeros')
    for (let row = 0; row < 5; row++)
      for (let group = 0; group < 2; group++)
        expect(readBits(zeros.slice(group, group + 1), row * 3, 3)).toBe(readBits(grid.zeros, (row * 2 + group) * 3, 3))
    expect([...new BigInt64Array((await tensors.get('m.weight_shape')!.read()).buffer)]).toEqual([5n, 64n])
  })
})

describe('compressed-tensors as other versions write it', () => {
  const written = async () => {
    const linear = sample({ widths: [[3, 1]], grid: 'zero', zeroBits: 3, out: 5, columns: 96, groupSize: 48, seed: 3 })
    const layout = layoutUniform(linear, compressedTensorsFormat.widths, 'x')
    const tensors = compressedTensorsFormat.tensors(linear.name, layout, async () => asAffine(linear))
    return { linear, layout, tensors, config: compressedTensorsFormat.config(new Map([[linear.name, layout]])) }
  }
  const tensor = (
    name: string,
    dtype: TensorToWrite['dtype'],
    shape: number[],
    values: ArrayBufferView<ArrayBuffer>,
  ) => ({
    ...{ name: `sample.${name}`, dtype, shape, data: async () => new Uint8Array(values.buffer) },
  })
  const without = (tensors: readonly TensorToWrite[], ...names: string[]) =>
    tensors.filter(({ name }) => !names.includes(name.replace('sample.', '')))

  it('keeps codes within words, zeros as signed bytes, and scales as bfloat16', async () => {
    const { linear, layout, tensors, config } = await written()
    const [codes, zeros] = [uniformCodes(asAffine(linear), layout), uniformZeros(asAffine(linear), layout)]
    const padded = new Uint32Array(5 * 10)
    codes.forEach((code, i) => {
      const [row, column] = [Math.floor(i / 96), i % 96]
      padded[row * 10 + Math.floor(column / 10)]! |= code << (3 * (column % 10))
    })
    const scales = decodeFloat16(uniformScales(asAffine(linear), layout))
    const rounded = encodeBfloat16(scales)
    const source = await opened(
      [
        ...without(tensors, 'weight_packed', 'weight_zero_point', 'weight_scale', 'weight_shape'),
        tensor('weight_packed', 'I32', [5, 10], padded),
        tensor(
          'weight_zero_point',
          'I8',
          [5, 2],
          Int8Array.from(zeros, (zero) => zero - 4),
        ),
        tensor('weight_scale', 'BF16', [5, 2], rounded),
      ],
      config,
    )
    const read = dequantize(await readForeign('compressed-tensors', source, [shapeOf(linear)]).linear('sample'))
    const bfloats = toFloat32(new Uint8Array(rounded.buffer), 'BF16')
    const wanted = Float32Array.from(codes, (code, i) => {
      const cell = Math.floor(i / 96) * 2 + Math.floor((i % 96) / 48)
      return bfloats[cell]! * (code - zeros[cell]!)
    })
    expect(read).toEqual(wanted)
  })

  it('is refused with scales that float16 does not hold, and a shape that is another', async () => {
    const { linear, tensors, config } = await written()
    const read = async (...others: TensorToWrite[]) => {
      const names = others.map(({ name }) => name.replace('sample.', ''))
      const source = await opened([...without(tensors, ...names), ...others], config)
      return readForeign('compressed-tensors', source, [shapeOf(linear)]).linear('sample')
    }
    const fine = new Float32Array(10).fill(0.1)
    await expect(read(tensor('weight_scale', 'F32', [5, 2], fine))).rejects.toThrow(
      /scales that float16 holds, got 0\.1/,
    )
    const turned = BigInt64Array.of(96n, 5n)
    await expect(read(tensor('weight_shape', 'I64', [2], turned))).rejects.toThrow(/expected \[5, 96\], got \[96, 5\]/)
    const zeros = new Int8Array(10).fill(4)
    await expect(read(tensor('weight_zero_point', 'I8', [5, 2], zeros))).rejects.toThrow(/zeros of 3 bits, got 4/)
  })
})

describe('what the configuration says', () => {
  const layouts = (of: Record<string, Partial<AffineShape>>, format: UniformFormat) =>
    new Map(
      Object.entries(of).map(
        ([name, shape]) => [name, layoutUniform(sample(shape), format.widths, format.title)] as const,
      ),
    )
  const block = (layer: number, wide: readonly string[]) =>
    Object.fromEntries(
      ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'].map(
        (module) => [
          `model.layers.${layer}.${module}`,
          { widths: [[wide.includes(module) ? 8 : 4, 1]] as [Width, number][] },
        ],
      ),
    )

  it('is one line for linears that are alike', () => {
    const plain = layouts(block(0, []), FORMATS.v1)
    expect(FORMATS.v1.config(plain)).toMatchObject({
      ...{ quant_method: 'gptq', bits: 4, group_size: 32, desc_act: false, sym: true, checkpoint_format: 'gptq' },
    })
    expect(FORMATS.v1.config(plain)).not.toHaveProperty('dynamic')
    expect(FORMATS.v1.warnings(plain)).toEqual([])
    expect(FORMATS.ct.config(layouts(block(0, []), FORMATS.ct))).toMatchObject({
      config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 4, strategy: 'group', group_size: 32 } } },
    })
  })

  it('has rules for others, by layer, which name the joints that servers make', () => {
    const wide = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'mlp.down_proj']
    const mixed = layouts({ ...block(0, wide), ...block(1, []), ...block(11, ['mlp.down_proj']) }, FORMATS.v2)
    const { dynamic, ...rest } = FORMATS.v2.config(mixed) as Record<string, unknown>
    expect(rest).toMatchObject({ bits: 4, checkpoint_format: 'gptq_v2' })
    const rules = dynamic as Record<string, object>
    expect(Object.values(rules)).toEqual(new Array(5).fill({ bits: 8, group_size: 32, desc_act: false, sym: true }))
    const applies = (name: string) => Object.keys(rules).some((rule) => new RegExp(rule.slice(2)).test(name))
    for (const name of [...mixed.keys(), 'model.layers.0.self_attn.qkv_proj', 'model.layers.1.self_attn.qkv_proj'])
      expect([name, applies(name)]).toEqual([name, /layers\.0\.self_attn|layers\.(0|11)\.mlp\.down/.test(name)])
    expect(FORMATS.v2.warnings(mixed).join()).toMatch(/linears of 2 kinds/)
  })

  it('warns of joints with unlike parts', () => {
    const uneven = layouts({ ...block(0, ['self_attn.v_proj']), ...block(1, ['mlp.up_proj']) }, FORMATS.ct)
    expect(FORMATS.ct.warnings(uneven)[0]).toMatch(
      /^model\.layers\.0\.self_attn\.qkv_proj and 1 more: .* got 4 bits, groups of 32; 8 bits, groups of 32 — transformers loads/,
    )
    const { config_groups: groups } = FORMATS.ct.config(uneven) as {
      config_groups: Record<string, { targets: string[] }>
    }
    expect(groups.group_1!.targets).toEqual(['model.layers.0.self_attn.v_proj', 'model.layers.1.mlp.up_proj'])
  })
})

describe('config.json with another quantization', () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  const bytes = (json: string) => new TextEncoder().encode(json)

  it('keeps the text of everything else', () => {
    const config = bytes(
      '{"a": 1e-05, "quantization_config": {"x": [1, {"y": "}"}]},\n "b\\"": {"c": "d,e"}, "f": 10000.0}',
    )
    expect(text(withQuantization(config, null))).toBe('{\n  "a": 1e-05,\n  "b\\"": {"c": "d,e"},\n  "f": 10000.0\n}\n')
    const other = text(withQuantization(config, { bits: 4 }))
    expect(other).toContain('"f": 10000.0')
    expect(JSON.parse(other)).toEqual({ a: 1e-5, 'b"': { c: 'd,e' }, f: 10000, quantization_config: { bits: 4 } })
  })

  it('leaves a config without one as it is', () => {
    const config = bytes('{ "a":1}')
    expect(withQuantization(config, null)).toBe(config)
    expect(JSON.parse(text(withQuantization(bytes('{}'), { a: 1 })))).toEqual({ quantization_config: { a: 1 } })
  })
})

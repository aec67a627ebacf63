import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { generator, mutations, numbers, watchAllocations, watched } from '../../test/mutations'
import { FORMATS, quantizedFolder, sourcesOf } from '../../test/quantized-folder'
import { collect } from '../../test/tiny-model'
import { FormatError } from '../errors'
import { memorySource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { encodeFloat16 } from '../formats/floats'
import { readForeign } from '../formats/foreign'
import { safetensorsChunks } from '../formats/safetensors-writer'
import type { UniformFormat } from '../formats/uniform-folder'
import { linearName } from '../models/required-tensors'
import { type OpenedModel, openFiles } from './opened'
import { verifyTensors } from './verify'

const formats = Object.entries(FORMATS)

const weightsOf = async ({ packed }: OpenedModel, name: string) => dequantize(await packed!.linear(name))

describe.each(formats)('a %s folder', (name, format) => {
  it('opens as what it was made of', async () => {
    const { linears, files } = await quantizedFolder(format)
    const model = await openFiles(sourcesOf(files), 'tiny')
    expect(model.source.provenance.kind).toBe(name.replace('-v2', ''))
    expect(model.packed!.names).toEqual([...linears.keys()])
    for (const [linear, made] of linears) expect(await weightsOf(model, linear)).toEqual(dequantize(made))
    const { bits, modules, recipe, model: whole } = model.packed!.report
    expect(recipe).toMatchObject({ method: name.replace('-v2', ''), options: { bits: 4, groupSize: 32 } })
    // 4 matrices of 32 × 32, 3 of 32 × 64; embedding and norms
    expect(whole.parameters).toBe(4 * 1024 + 3 * 2048 + 40 * 32 + 3 * 32)
    expect(modules[3]!.bits.code).toBe(8)
    expect(modules[4]!.bits.scale).toBe((16 + 4) / 32)
    expect(bits.total).toBeGreaterThan(4)
  })

  it('is verified, and a changed code, scale or norm is found', async () => {
    const { source, linears, files } = await quantizedFolder(format)
    const model = await openFiles(sourcesOf(files), 'tiny')
    const result = {
      ...{
        model: { ...model, source },
        headers: model.packed!.headers,
        report: model.packed!.report,
        changed: new Map(),
      },
      linear: async (linear: string) => linears.get(linear)!,
    }
    expect(await verifyTensors(result, model)).toEqual({
      ...{ stored: 'codes', tensors: 11, different: 0, names: [], largest: 0, tolerance: 1e-6 },
    })
    for (const tensor of ['model.norm.weight', ...linears.keys()]) {
      const entry =
        model.source.tensors.get(tensor) ??
        model.source.tensors.get(`${tensor}.${name === 'compressed-tensors' ? 'weight_scale' : 'scales'}`)!
      const read: typeof entry.read = async (rows) => {
        const bytes = await entry.read(rows)
        bytes[1]! ^= 0x80
        return bytes
      }
      const tensors = new Map(model.source.tensors).set(entry.name, { ...entry, read })
      const files = { ...model, source: { ...model.source, tensors } }
      const packed = tensor === 'model.norm.weight' ? model.packed! : reread(files)
      const { different, names } = await verifyTensors(result, { ...files, packed })
      expect([different, names]).toEqual([1, [tensor.endsWith('.weight') ? tensor : `${tensor}.weight`]])
    }
  })
})

/** The linears of a model whose tensors were changed. */
function reread({ source, spec }: OpenedModel) {
  const kind = source.provenance.kind === 'gptq' ? 'gptq' : 'compressed-tensors'
  const shapes = spec.linears.map((linear) => ({ ...linear, name: linearName(0, linear), layer: 0 }))
  return readForeign(kind, source, shapes)
}

/** config.json of a folder with some of its quantization changed. */
async function withConfig(format: UniformFormat, change: (quantization: Record<string, unknown>) => object) {
  const { files } = await quantizedFolder(format)
  const config = JSON.parse(new TextDecoder().decode(files.get('config.json')!))
  const json = JSON.stringify({ ...config, quantization_config: change(config.quantization_config) })
  return sourcesOf(new Map(files).set('config.json', new TextEncoder().encode(json)))
}

describe('a folder that is not what it says', () => {
  const refused: [string, UniformFormat, (config: Record<string, unknown>) => object, RegExp][] = [
    [
      'for Marlin',
      FORMATS.gptq,
      (c) => ({ ...c, checkpoint_format: 'marlin' }),
      /expected checkpoint_format gptq or gptq_v2.*got 'marlin'/,
    ],
    ['of other words', FORMATS.gptq, (c) => ({ ...c, pack_dtype: 'int16' }), /in words of int32, got 'gptq' in int16/],
    [
      'of another method',
      FORMATS.gptq,
      (c) => ({ ...c, quant_method: 'awq' }),
      /quantization_config: expected none, gptq or compressed-tensors, got "awq"/,
    ],
    [
      'of bytes',
      FORMATS['compressed-tensors'],
      (c) => ({ ...c, format: 'int-quantized' }),
      /expected the format pack-quantized, got 'int-quantized'/,
    ],
    [
      'with quantized inputs',
      FORMATS['compressed-tensors'],
      (c) => ({
        ...c,
        config_groups: { a: { targets: ['Linear'], weights: { num_bits: 4 }, input_activations: { num_bits: 8 } } },
      }),
      /config_groups\.a\.input_activations/,
    ],
    [
      'of a width that is not stated',
      FORMATS['compressed-tensors'],
      (c) => ({ ...c, config_groups: { a: { targets: ['Linear'], weights: { num_bits: 6 } } } }),
      /weight_packed: expected words of 32 codes of 6 bits, got 4 a row/,
    ],
  ]
  it.each(refused)('%s', async (_, format, change, message) => {
    await expect(openFiles(await withConfig(format, change), 'tiny')).rejects.toThrow(message)
  })

  it('says so in a file of its own, as older ones do', async () => {
    const { files } = await quantizedFolder(FORMATS['gptq-v2'])
    const config = JSON.parse(new TextDecoder().decode(files.get('config.json')!))
    delete config.quantization_config
    const json = new TextEncoder().encode(JSON.stringify(config))
    const model = await openFiles(sourcesOf(new Map(files).set('config.json', json)), 'tiny')
    expect(model.source.provenance.kind).toBe('gptq')
  })

  it('lacks a tensor, or has a group that does not exist', async () => {
    const { files } = await quantizedFolder(FORMATS.gptq)
    const open = async (
      change: (tensors: OpenedModel['source']['tensors']) => Parameters<typeof safetensorsChunks>[0],
    ) => {
      const { source } = await openFiles(sourcesOf(files), 'tiny')
      const bytes = await collect(safetensorsChunks(change(source.tensors)))
      return openFiles(sourcesOf(new Map(files).set('model.safetensors', bytes)), 'tiny')
    }
    const kept = (tensors: OpenedModel['source']['tensors'], without: string) =>
      [...tensors.values()]
        .filter(({ name }) => name !== without)
        .map((entry) => ({ ...entry, data: () => entry.read() }))
    const q = 'model.layers.0.self_attn.q_proj'
    await expect(open((tensors) => kept(tensors, `${q}.scales`))).rejects.toThrow(
      /q_proj\.scales: expected F16 or BF16 or F32/,
    )
    await expect(open((tensors) => kept(tensors, `${q}.qweight`))).rejects.toThrow(
      /q_proj\.weight: expected \[32, 32\], got none/,
    )
    await expect(open((tensors) => kept(tensors, 'model.norm.weight'))).rejects.toThrow(
      /model\.norm\.weight: expected \[32\], got none/,
    )
    const wild = await open((tensors) => [
      ...kept(tensors, `${q}.g_idx`),
      {
        name: `${q}.g_idx`,
        dtype: 'I32',
        shape: [32],
        data: async () => new Uint8Array(Int32Array.from({ length: 32 }, (_, i) => i - 1).buffer),
      },
    ])
    await expect(wild.packed!.linear(q)).rejects.toThrow(/g_idx: expected groups from 0 to 0, got -1/)
    const infinite = await open((tensors) => [
      ...kept(tensors, `${q}.scales`),
      {
        name: `${q}.scales`,
        dtype: 'F16',
        shape: [1, 32],
        data: async () => new Uint8Array(encodeFloat16(new Float32Array(32).fill(Number.POSITIVE_INFINITY)).buffer),
      },
    ])
    await expect(infinite.packed!.linear(q)).rejects.toThrow(/expected finite values of scale/)
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Mutants of a whole folder: of its weights file, and of what config.json says of the quantization. */
const MUTANTS = 2000

/** The most bytes that opening may hold of a byte of a file: a code of one bit becomes a byte. */
const UNPACKED = 8

describe.each(formats)('%s: a mutated folder opens or is refused', (name, format) => {
  it(`${MUTANTS} of them`, async () => {
    const { files } = await quantizedFolder(format)
    const original = files.get('model.safetensors')!
    const config = new TextDecoder().decode(files.get('config.json')!)
    const kinds = fc.constantFrom(...Object.keys(mutations), 'a number of the configuration', 'flipped data')
    let opened = 0
    const property = fc.asyncProperty(kinds, fc.nat(), async (kind, seed) => {
      const random = generator(seed)
      const mutant = new Map<string, Uint8Array>(files)
      if (kind === 'a number of the configuration')
        mutant.set('config.json', new TextEncoder().encode(otherNumber(config, random)))
      else mutant.set('model.safetensors', (mutations[kind] ?? flippedData)(original, random))
      const weights = watched(mutant.get('model.safetensors')!, 'model.safetensors')
      mutant.delete('model.safetensors')
      const allocated = watchAllocations()
      const started = performance.now()
      try {
        const model = await openFiles([weights, ...[...mutant].map(([file, bytes]) => memorySource(bytes, file))], name)
        for (const linear of model.packed?.names ?? [])
          expect((await weightsOf(model, linear)).every(Number.isFinite)).toBe(true)
        opened++
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        expect(error.message.length).toBeLessThan(600)
      }
      vi.unstubAllGlobals()
      expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(UNPACKED * Math.max(weights.size, config.length))
      expect(performance.now() - started).toBeLessThan(5000)
    })
    await fc.assert(property, { numRuns: MUTANTS, seed: 11 })
    expect(opened).toBeGreaterThan(100)
  }, 120_000)
})

type Random = ReturnType<typeof generator>

/** A configuration with another number, or something that is none, somewhere in it. */
function otherNumber(config: string, { pick, below }: Random): string {
  const { index, 0: text } = pick([...config.matchAll(/(?<=: )(\d+(\.\d+)?|true|false|null|"[^"]*")/g)])
  const other = pick([String(pick(numbers)), String(below(70)), 'null', 'true', '"gptq"', '{}', '[]', '"re:(a+)+$"'])
  return config.slice(0, index) + other + config.slice(index + text.length)
}

function flippedData(bytes: Uint8Array, { below }: Random): Uint8Array {
  const flipped = bytes.slice()
  const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
  for (let i = 0; i <= below(3); i++) flipped[start + below(bytes.length - start)]! ^= 1 << below(8)
  return flipped
}

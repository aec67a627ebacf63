import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nano, sample, scratch } from '../../test/cli'
import { testGpu } from '../../test/device'
import { gridSample, nested, nestedSymmetric, ranges, scales, symmetric } from '../../test/gguf-grids'
import { ratio as ratioOf, readable, writeModel } from '../../test/gguf-out'
import { llama } from '../../test/llama'
import { sharedPath, sharedTest } from '../../test/shared'
import { tinyModel } from '../../test/tiny-gguf'
import { collect, tinyReport } from '../../test/tiny-model'
import { quantizeWhole as quantize } from '../../test/whole'
import { zeroGrid } from '../formats/affine'
import { exactContainer } from '../formats/gguf/container'
import { folderSources } from '../formats/node-files'
import type { AffineLinear, Grid, Width } from '../formats/quantized'
import { linearName } from '../models/required-tensors'
import type { WeightSource } from '../models/weights'
import { type GgufRequest, ggufFile } from './gguf'
import { type OpenedModel, openFiles, quantizedWeights, weightsOf } from './opened'

const folder = scratch()

const write = (name: string, model: OpenedModel, request: GgufRequest) => writeModel(folder, name, model, request)
const ratio = (path: string, model: OpenedModel, weights: WeightSource, text: string, maxTokens: number) =>
  ratioOf(path, model, weights, { text, length: 512, maxTokens })

const open = async (path: string, name: string) => openFiles(await folderSources(path), name)

const rtn = (options: Record<string, unknown>) => ({
  ...{ version: 1 as const, method: 'rtn', options, seed: 0 },
  calibration: { text: '', samples: 1, length: 16, pick: 'first' as const },
})

describe('a model', () => {
  const text = readFileSync(sample(folder, 'moby-dick', 12_000), 'utf8')

  it('falls into the same tokens and scores the same, its weights plain', async () => {
    const model = await open(nano, 'wren-nano')
    const weights = weightsOf(await testGpu(), model)
    for (const rest of ['F16', 'Q8_0'] as const) {
      const { path, summary } = await write(`plain-${rest}`, model, { linears: [], report: null, rest })
      expect(summary).toMatchObject({ bits: null, rest, modules: [] })
      const { tokens } = await llama({ path, text })
      expect(tokens).toEqual(model.tokenizer.encode(text))
      expect(Math.abs((await ratio(path, model, weights, text, 1024)) - 1)).toBeLessThan(rest === 'F16' ? 1e-3 : 1e-2)
    }
  })

  it.each([
    [{ bits: 4, groupSize: 32, symmetric: true }, 'Q4_0', 4.5],
    [{ bits: 2, groupSize: 64, symmetric: true }, 'Q2_0', 2.25],
    [{ bits: 4, groupSize: 64 }, 'Q5_0', 5.5],
    [{ bits: 8, groupSize: 64, symmetric: true }, 'Q8_0', 8.5],
  ])('that was quantized with %o scores as %s what its codes score', async (options, type, stored) => {
    const gpu = await testGpu()
    const model = await open(nano, 'wren-nano')
    const { linears, report } = await quantize(gpu, model, { recipe: rtn(options), calibration: null })
    const request = { linears: readable(linears.values()), report, rest: 'F16' } as const
    const { path, summary } = await write(type, model, request)
    expect(summary.bits).toEqual({ effective: report.bits.total, stored })
    expect(new Set(summary.modules.map(({ type, exact }) => `${type} ${exact}`))).toEqual(new Set([`${type} true`]))
    const weights = quantizedWeights(gpu, model, async (name) => linears.get(name)!)
    expect(Math.abs((await ratio(path, model, weights, text, 1024)) - 1)).toBeLessThan(0.01)
  })

  sharedTest(
    'with SentencePiece’s tokenizer does so too',
    ['models/stories260K', 'texts/tinystories_val.txt'],
    async () => {
      const gpu = await testGpu()
      const stories = readFileSync(sharedPath('texts/tinystories_val.txt'), 'utf8').slice(0, 20_000)
      const model = await open(sharedPath('models/stories260K'), 'stories260K')
      const { linears, report } = await quantize(gpu, model, {
        recipe: rtn({ bits: 4, groupSize: 32, symmetric: true }),
        calibration: null,
      })
      const request = { linears: readable(linears.values()), report, rest: 'F16' } as const
      const { path, summary } = await write('stories', model, request)
      // rows of 172 are no whole blocks
      expect(summary.modules.filter(({ exact }) => !exact).map(({ name }) => name.split('.').at(-1))).toEqual(
        new Array(5).fill('down_proj'),
      )
      const { tokens } = await llama({ path, text: stories })
      expect(tokens).toEqual(model.tokenizer.encode(stories))
      const weights = quantizedWeights(gpu, model, async (name) => linears.get(name)!)
      expect(Math.abs((await ratio(path, model, weights, stories, 2048)) - 1)).toBeLessThan(0.01)
    },
  )

  it('that is damaged ends only the process that looks at it', async () => {
    const path = join(folder, 'damaged.gguf')
    const model = await open(nano, 'wren-nano')
    const { chunks } = await ggufFile(model, { linears: [], report: null, rest: 'F16' })
    writeFileSync(path, (await collect(chunks)).subarray(0, 300_000))
    await expect(llama({ path, text: 'a' })).rejects.toThrow(/llama\.cpp ended with/)
  })
})

it.each([
  ['Qwen2ForCausalLM', {}],
  ['Qwen3ForCausalLM', { head_dim: 64 }],
  ['MistralForCausalLM', { sliding_window: null }],
  ['LlamaForCausalLM', { attention_bias: true, mlp_bias: true, tie_word_embeddings: false }],
])('a model of architecture %s scores the same', async (architecture, more) => {
  const model = tinyModel({ architectures: [architecture], ...more })
  const text = readFileSync(sample(folder, 'moby-dick', 3_000), 'utf8')
  const { path } = await write(architecture, model, { linears: [], report: null, rest: 'F16' })
  const weights = weightsOf(await testGpu(), model)
  expect(Math.abs((await ratio(path, model, weights, text, 512)) - 1)).toBeLessThan(0.01)
})

/** Every type that holds codes, in blocks of hidden size 256: seven linears a block, each of another type. */
const everyType: [type: string, bits: Width, groupSize: number, grid: (cells: number) => Grid, top?: number][] = [
  ['Q1_0', 1, 128, symmetric],
  ['TQ2_0', 2, 256, (n) => zeroGrid(scales(n), new Array(n).fill(1), 2), 2],
  ['Q2_0', 2, 64, symmetric],
  ['Q2_K', 2, 16, nested(3, 16, 15)],
  ['Q3_K', 3, 16, nestedSymmetric(31)],
  ['Q4_0', 4, 32, symmetric],
  ['Q4_1', 4, 32, ranges(15)],
  ['Q4_K', 4, 32, nested(15, 8, 63)],
  ['Q5_0', 5, 32, symmetric],
  ['Q5_1', 5, 32, ranges(31)],
  ['Q5_K', 5, 32, nested(31, 8, 63)],
  ['Q6_K', 6, 16, nestedSymmetric(127)],
  ['Q8_0', 8, 32, symmetric],
  ['F16', 7, 24, symmetric],
]

it('of every type at once scores what its codes score', async () => {
  const gpu = await testGpu()
  const model = tinyModel({
    architectures: ['LlamaForCausalLM'],
    rope_scaling: {
      ...{ rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
      original_max_position_embeddings: 256,
    },
  })
  const { spec } = model
  const linears = new Map<string, AffineLinear>()
  for (let layer = 0; layer < 2; layer++)
    spec.linears.forEach((linear, i) => {
      const [type, bits, groupSize, grid, top] = everyType[7 * layer + i]!
      const name = linearName(layer, linear)
      const shape = { name, out: linear.out, columns: linear.in, bits, groupSize, ...(top && { top }) }
      linears.set(name, gridSample(shape, grid))
      expect(exactContainer(linears.get(name)!) ?? 'F16').toBe(type)
    })
  const request = { linears: readable(linears.values()), report: tinyReport([]), rest: 'F16' } as const
  const { path, summary } = await write('types', model, request)
  expect(summary.modules.map(({ type }) => type)).toEqual(everyType.map(([type]) => type))
  const weights = quantizedWeights(gpu, model, async (name) => linears.get(name)!)
  const text = readFileSync(sample(folder, 'moby-dick', 3_000), 'utf8')
  expect(Math.abs((await ratio(path, model, weights, text, 512)) - 1)).toBeLessThan(0.01)
})

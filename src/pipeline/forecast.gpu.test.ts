import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { smallGpu, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { folderSources } from '../formats/node-files'
import { presets } from '../methods/mgptq/options'
import type { Recipe } from '../records'
import { forecastOf, inspect } from './inspect'
import { type OpenedModel, openFiles } from './opened'
import { quantize } from './quantize'
import { defaultRecipe } from './recipe'

const bundled = async (name: string): Promise<OpenedModel> =>
  openFiles(await folderSources(resolve(import.meta.dirname, `../../public/models/${name}`)), name)
const tiny = async (): Promise<OpenedModel> => openedTiny({ ...tinyConfig, num_hidden_layers: 1 }).model
const nano = () => bundled('wren-nano')
const firstBlock = (model: OpenedModel): OpenedModel => ({ ...model, spec: { ...model.spec, layers: 1 } })

const recipe = (method: string, options: Record<string, unknown>, samples: number, length: number): Recipe => ({
  ...defaultRecipe(method),
  options: { ...defaultRecipe(method).options, ...options },
  calibration: { text: 'letters', samples, length, pick: 'first' },
})

/** The method as published. */
const published = presets.find(({ name }) => name === 'published')!.options
/** Linears that outweigh all else beside little text: what the method itself holds decides. */
const stout = async () =>
  openedTiny({ ...tinyConfig, num_hidden_layers: 1, hidden_size: 72, intermediate_size: 300 }).model
/** Rows that blocks of 256 divide. */
const wide = async () =>
  openedTiny({ ...tinyConfig, num_hidden_layers: 1, hidden_size: 256, head_dim: 64, intermediate_size: 512 }).model
/** Steps hold the same however many there are. */
const quick = { rounds: 10, iterations: 1, batch: 4 }

const mgptqCases = (
  [
    ['the defaults', nano, {}, 2],
    ['the defaults on little text', stout, {}, 1],
    ['the network', nano, { allocator: 'gcn' }, 2],
    ['the network on little text', stout, { allocator: 'gcn', steps: 50 }, 1],
    ['the network on more text', tiny, { allocator: 'gcn' }, 9],
    ['as published', nano, published, 2],
    ['as published on little text', stout, { ...published, adjacency: 'symmetric', steps: 50 }, 1],
    ['scalar features along a row-normalised graph', tiny, { ...published, features: 'scalars', adjacency: 'rows' }, 1],
    ['the network without its graph', stout, { allocator: 'mlp', groupSize: 32, sensitivity: 'none' }, 1],
    ['greedy, one price for the model', stout, { allocator: 'greedy', sequence: 'layer', sensitivity: 'none' }, 1],
    ['uniform in every layer', stout, { allocator: 'uniform', budget: 'layer', sensitivity: 'layers' }, 1],
    ['columns as they come', stout, { order: 'original', allocator: 'random', sensitivity: 'none', correction: 0 }, 1],
    [
      'tied, few candidates, shared ranges',
      stout,
      { allocator: 'gcn', tie: true, candidates: '2,4', ranges: 'shared', budget: 'layer' },
      1,
    ],
  ] as const
).map(([what, open, options, samples]): [string, () => Promise<OpenedModel>, Recipe] => [
  `MG-PTQ, ${what}`,
  open,
  // from 50 steps on draws at the end hold the most
  recipe('mg-ptq', { steps: 5, ...options }, samples, 32),
])

const signCases = (
  [
    ['wren-nano, BiLLM', nano, 'billm', {}, 6],
    ['BiLLM on little text', stout, 'billm', { propagate: true, blockSize: 32 }, 1],
    ['wren-nano, PB-LLM', nano, 'pb-llm', {}, 6],
    ['PB-LLM on little text', stout, 'pb-llm', { groupSize: 128, metric: 'hessian' }, 1],
    ['wren-nano, SAGE-PTQ', nano, 'sage', { groups: 8 }, 1],
    ['wren-nano, SAGE-PTQ, small samples', nano, 'sage', { groups: 4, sample: 100, graphs: 1 }, 1],
    ['SAGE-PTQ of one amplitude', stout, 'sage', { groups: 1, center: 'mean', price: 'bits' }, 1],
    ['wren-nano, SAGE-PTQ+', nano, 'sage-plus', { groups: 2, salientBits: 2 }, 6],
    ['SAGE-PTQ+ on little text', stout, 'sage-plus', { groups: 5, saliency: 'given' }, 1],
  ] as const
).map(([what, open, method, options, samples]): [string, () => Promise<OpenedModel>, Recipe] => [
  what,
  open,
  recipe(method, options, samples, 32),
])

describe('the memory forecast', () => {
  it.each<[string, () => Promise<OpenedModel>, Recipe, number?]>([
    ['tiny, RTN', tiny, recipe('rtn', { groupSize: 32 }, 1, 64)],
    ['tiny, GPTQ', tiny, recipe('gptq', {}, 5, 64)],
    ['tiny, GPTQ in many batches', tiny, recipe('gptq', {}, 9, 50), 4 * 59 * 64 * 5],
    ['wren-nano, RTN', nano, recipe('rtn', { bits: 8, groupSize: -1 }, 1, 64)],
    ['wren-nano, few windows', nano, recipe('gptq', { groupSize: 32 }, 3, 64)],
    ['wren-nano, many windows', nano, recipe('gptq', { groupSize: -1 }, 40, 96)],
    ['wren-nano, true sequence', nano, recipe('gptq', { sequence: 'true', actOrder: true }, 7, 128)],
    ['wide rows, RTN onto Q4_K', wide, recipe('rtn', { grid: 'Q4_K' }, 1, 32)],
    ['wide rows, GPTQ onto Q6_K', wide, recipe('gptq', { grid: 'Q6_K' }, 2, 32)],
    ['wide rows, GPTQ onto Q4_1', wide, recipe('gptq', { grid: 'Q4_1', actOrder: true }, 2, 32)],
    ['wide rows, GPTQ onto types by a budget', wide, recipe('gptq', { grid: 'auto', storedBits: 3.5 }, 2, 32)],
    ['wide rows, AWQ onto Q2_K', wide, recipe('awq', { grid: 'Q2_K' }, 2, 32)],
    ['wide rows, AWQ onto Q4_0 on more text', wide, recipe('awq', { grid: 'Q4_0' }, 8, 64)],
    ['wide rows, OmniQuant onto Q3_K', wide, recipe('omniquant', { grid: 'Q3_K', epochs: 1 }, 2, 32)],
    ['wide rows, OmniQuant onto Q4_1', wide, recipe('omniquant', { grid: 'Q4_1', epochs: 1, batch: 4 }, 6, 64)],
    ['wide rows, TesseraQ onto Q2_K', wide, recipe('tesseraq', { ...quick, batch: 2, grid: 'Q2_K' }, 2, 32)],
    [
      'wide rows, TesseraQ onto Q4_0',
      wide,
      recipe('tesseraq', { ...quick, batch: 2, grid: 'Q4_0', learn: 'roundings' }, 2, 32),
    ],
    [
      'wide rows, TesseraQ onto Q6_K from GPTQ',
      wide,
      recipe('tesseraq', { ...quick, batch: 2, grid: 'Q6_K', init: 'gptq' }, 2, 32),
    ],
    [
      'wide rows, TesseraQ onto Q4_K from OmniQuant',
      wide,
      recipe('tesseraq', { ...quick, batch: 1, grid: 'Q4_K', init: 'omniquant' }, 1, 32),
    ],
    ['tiny, AWQ', tiny, recipe('awq', { groupSize: 32 }, 9, 50)],
    ['wren-nano, AWQ', nano, recipe('awq', {}, 12, 64)],
    ['AWQ on little text', stout, recipe('awq', { groupSize: -1 }, 1, 32)],
    ['AWQ without clipping', stout, recipe('awq', { search: 'scales' }, 1, 32)],
    ['AWQ without scaling', stout, recipe('awq', { search: 'clips', groupSize: 32 }, 3, 32)],
    ['tiny, OmniQuant', tiny, recipe('omniquant', { epochs: 1, groupSize: 32 }, 9, 50)],
    ['wren-nano, OmniQuant', nano, recipe('omniquant', { epochs: 1, batch: 4 }, 6, 64)],
    ['OmniQuant on little text', stout, recipe('omniquant', { epochs: 1, groupSize: -1 }, 1, 32)],
    ['tiny, TesseraQ', tiny, recipe('tesseraq', { ...quick, groupSize: 32 }, 9, 50)],
    ['wren-nano, TesseraQ', nano, recipe('tesseraq', { ...quick, init: 'clip' }, 6, 64)],
    [
      'TesseraQ on little text',
      stout,
      recipe('tesseraq', { ...quick, batch: 1, init: 'omniquant', groupSize: -1 }, 1, 32),
    ],
    ['wren-nano, TesseraQ from GPTQ', nano, recipe('tesseraq', { ...quick, init: 'gptq' }, 6, 64)],
    ['wren-nano, TesseraQ on widths of MG-PTQ', nano, recipe('tesseraq', { ...quick, allocation: 'mg-ptq' }, 6, 64)],
    ...mgptqCases,
    ...signCases,
    ['wren-3m, RTN', () => bundled('wren-3m'), recipe('rtn', {}, 1, 64)],
    ['wren-3m, GPTQ', () => bundled('wren-3m'), recipe('gptq', {}, 2, 32)],
    ['wren-3m, true sequence', () => bundled('wren-3m'), recipe('gptq', { sequence: 'true' }, 6, 64)],
  ])('is what a run takes: %s', async (_, open, by, maxBindingBytes) => {
    const gpu = maxBindingBytes ? await smallGpu(maxBindingBytes) : await testGpu()
    const model = firstBlock(await open()) // blocks are alike, and come one at a time
    const text = model.name === 'tiny' ? tinyText(1000) : 'It was a bright day. '.repeat(1000)
    const forecast = forecastOf(model, by, gpu.info)
    const { report } = await quantize(gpu, model, { recipe: by, calibration: { name: 'letters', text } })
    expect(report.warnings.filter((warning) => warning.includes('asked for'))).toEqual([])
    expect(forecast.peak / report.peakGpuBytes).toBeGreaterThan(0.95)
    expect(forecast.peak / report.peakGpuBytes).toBeLessThan(1.05)
    expect(forecast.weights + forecast.hessians + forecast.activations).toBe(forecast.peak)
  })

  it('grows with samples, length and vocabulary as the run does, and not with layers', async () => {
    const { info } = await testGpu()
    const model = await tiny()
    const peak = (samples: number, length: number, changes: Partial<OpenedModel['spec']> = {}) =>
      forecastOf({ ...model, spec: { ...model.spec, ...changes } }, recipe('gptq', {}, samples, length), info).peak
    // powers of two, so that no buffer is rounded up: two streams of 64·2⁸ tokens more, float32
    const more = peak(128, 512, { hidden: 32 }) - peak(64, 512, { hidden: 32 })
    expect(more).toBe(2 * 64 * 512 * 32 * 4)
    expect(peak(64, 1024, { hidden: 32 }) - peak(64, 512, { hidden: 32 })).toBeGreaterThan(2 * 64 * 512 * 32 * 4)
    // the embedding is there for the first states only, beside a piece of halves to widen; the head never
    expect(peak(4, 64, { vocab: 2 ** 15, hidden: 32 }) - peak(4, 64, { vocab: 2 ** 14, hidden: 32 })).toBe(
      2 ** 14 * 32 * (4 + 2),
    )
    expect(peak(128, 512, { vocab: 2 ** 10, hidden: 32 })).toBe(peak(128, 512, { vocab: 2 ** 9, hidden: 32 }))
    expect(peak(4, 64, { layers: 80 })).toBe(peak(4, 64))
  })
})

describe('problems known beforehand', () => {
  it('are none for a model that fits', async () => {
    const gpu = await testGpu()
    const { problems, forecast } = inspect(await bundled('wren-nano'), gpu.info)
    expect([...problems, ...forecast.problems]).toEqual([])
  })

  it('name the errors of all candidates where the published objective needs them at once', async () => {
    const model = await nano()
    const { info } = await testGpu()
    const problems = (options: Record<string, unknown>, maxBindingBytes: number) =>
      forecastOf(model, recipe('mg-ptq', options, 1, 32), { ...info, maxBindingBytes }).problems
    const bytes = 4 * 4 * 192 * 64
    expect(problems(published, bytes)).toEqual([])
    expect(problems({}, bytes - 1)).toEqual([])
    expect(problems(published, bytes - 1).join()).toMatch(
      /the candidate errors of mlp.gate_proj \[4, 192, 64\] of 196608 bytes — use the compensated objective, fewer/,
    )
    expect(problems({ ...published, candidates: '2,3' }, bytes - 1)).toEqual([])
  })

  it('name the weights where nothing fits; Hessians lie in panels', async () => {
    const model = await bundled('wren-nano')
    const { info } = await testGpu()
    const at = (maxBindingBytes: number) => inspect(model, { ...info, maxBindingBytes })
    const small = 4 * 192 * 192 - 1
    expect(at(small).problems).toEqual([])
    const problems = (method: string) =>
      forecastOf(model, recipe(method, {}, 1, 32), { ...info, maxBindingBytes: small }).problems
    for (const method of ['gptq', 'awq']) expect(problems(method)).toEqual([])
    expect(at(4 * 192 * 64 - 1).problems.join()).toMatch(
      /expected tensors of at most 49151 bytes on this device, got the weights of mlp.gate_proj \[192, 64\] of 49152 bytes — use a device/,
    )
  })
})
